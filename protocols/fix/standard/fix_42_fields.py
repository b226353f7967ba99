"""FIX.4.2: fields by type, and the codes that a field may have.

Notation: see ``protocols.fix.outline``.
"""

from collections.abc import Mapping
from typing import Final

FIELDS: Final[Mapping[str, str]] = {
    "AMT": "12 Commission 119 SettlCurrAmt 381 GrossTradeAmt",
    "BOOLEAN": """
        43 PossDupFlag 97 PossResend 113 ReportToExch 114 LocateReqd 121 ForexReq 123 GapFillFlag
        141 ResetSeqNumFlag 266 AggregatedBook 325 UnsolicitedIndicator 328 InViewOfCommon 329 DueToRelated
        377 SolicitedFlag
    """,
    "CHAR": """
        13 CommType 20 ExecTransType 21 HandlInst 29 LastCapacity 39 OrdStatus 40 OrdType 47 Rule80A 54 Side
        59 TimeInForce 61 Urgency 63 SettlmntTyp 77 OpenClose 81 ProcessCode 150 ExecType
        156 SettlCurrFxRateCalc 206 OptAttribute 263 SubscriptionRequestType 269 MDEntryType 274 TickDirection
        279 MDUpdateAction 281 MDReqRejReason 285 DeleteReason 286 OpenCloseSettleFlag 291 FinancialStatus
        292 CorporateAction 317 UnderlyingOptAttribute 327 HaltReason 385 MsgDirection 388 DiscretionInst
        434 CxlRejResponseTo 442 MultiLegReportingType
    """,
    "CURRENCY": "15 Currency 120 SettlCurrency 318 UnderlyingCurrency",
    "DATA": """
        89 Signature 91 SecureData 96 RawData 213 XmlData 349 EncodedIssuer 351 EncodedSecurityDesc
        355 EncodedText 359 EncodedHeadline 363 EncodedUnderlyingIssuer 365 EncodedUnderlyingSecurityDesc
    """,
    "DAYOFMONTH": "205 MaturityDay 314 UnderlyingMaturityDay",
    "EXCHANGE": """
        30 LastMkt 100 ExDestination 207 SecurityExchange 275 MDMkt 308 UnderlyingSecurityExchange
    """,
    "FLOAT": """
        155 SettlCurrFxRate 223 CouponRate 231 ContractMultiplier 435 UnderlyingCouponRate
        436 UnderlyingContractMultiplier
    """,
    "INT": """
        7 BeginSeqNo 9 BodyLength 16 EndSeqNo 33 LinesOfText 34 MsgSeqNum 36 NewSeqNo 45 RefSeqNum 78 NoAllocs
        98 EncryptMethod 102 CxlRejReason 103 OrdRejReason 108 HeartBtInt 146 NoRelatedSym 201 PutOrCall
        203 CoveredOrUncovered 204 CustomerOrFirm 215 NoRoutingIDs 216 RoutingType 264 MarketDepth
        265 MDUpdateType 267 NoMDEntryTypes 268 NoMDEntries 287 SellerDays 290 MDEntryPositionNo
        315 UnderlyingPutOrCall 321 SecurityRequestType 323 SecurityResponseType 326 SecurityTradingStatus
        334 Adjustment 338 TradSesMethod 339 TradSesMode 340 TradSesStatus 346 NumberOfOrders
        369 LastMsgSeqNumProcessed 371 RefTagID 373 SessionRejectReason 378 ExecRestatementReason
        380 BusinessRejectReason 382 NoContraBrokers 383 MaxMessageSize 384 NoMsgTypes 386 NoTradingSessions
        393 TotalNumSecurities 427 GTBookingInst
    """,
    "LENGTH": """
        90 SecureDataLen 93 SignatureLength 95 RawDataLength 212 XmlDataLen 348 EncodedIssuerLen
        350 EncodedSecurityDescLen 354 EncodedTextLen 358 EncodedHeadlineLen 362 EncodedUnderlyingIssuerLen
        364 EncodedUnderlyingSecurityDescLen
    """,
    "LOCALMKTDATE": "64 FutSettDate 75 TradeDate 193 FutSettDate2 432 ExpireDate",
    "MONTHYEAR": "200 MaturityMonthYear 313 UnderlyingMaturityMonthYear",
    "MULTIPLEVALUESTRING": "18 ExecInst 276 QuoteCondition 277 TradeCondition",
    "PRICE": """
        6 AvgPx 31 LastPx 44 Price 99 StopPx 140 PrevClosePx 194 LastSpotRate 202 StrikePrice 270 MDEntryPx
        316 UnderlyingStrikePrice 332 HighPx 333 LowPx 426 DayAvgPx
    """,
    "PRICEOFFSET": "195 LastForwardPoints 211 PegDifference 389 DiscretionOffset",
    "QTY": """
        14 CumQty 32 LastShares 38 OrderQty 80 AllocShares 110 MinQty 111 MaxFloor 151 LeavesQty
        152 CashOrderQty 192 OrderQty2 210 MaxShow 271 MDEntrySize 319 RatioQty 330 BuyVolume 331 SellVolume
        387 TotalVolumeTraded 424 DayOrderQty 425 DayCumQty 437 ContraTradeQty
    """,
    "STRING": """
        1 Account 8 BeginString 10 CheckSum 11 ClOrdID 17 ExecID 19 ExecRefID 22 IDSource 23 IOIID 35 MsgType
        37 OrderID 41 OrigClOrdID 46 RelatdSym 48 SecurityID 49 SenderCompID 50 SenderSubID 55 Symbol
        56 TargetCompID 57 TargetSubID 58 Text 65 SymbolSfx 66 ListID 76 ExecBroker 79 AllocAccount 106 Issuer
        107 SecurityDesc 109 ClientID 112 TestReqID 115 OnBehalfOfCompID 116 OnBehalfOfSubID 117 QuoteID
        128 DeliverToCompID 129 DeliverToSubID 142 SenderLocationID 143 TargetLocationID
        144 OnBehalfOfLocationID 145 DeliverToLocationID 148 Headline 149 URLLink 167 SecurityType
        198 SecondaryOrderID 217 RoutingID 262 MDReqID 278 MDEntryID 280 MDEntryRefID 282 MDEntryOriginator
        283 LocationID 284 DeskID 288 MDEntryBuyer 289 MDEntrySeller 299 QuoteEntryID 305 UnderlyingIDSource
        306 UnderlyingIssuer 307 UnderlyingSecurityDesc 309 UnderlyingSecurityID 310 UnderlyingSecurityType
        311 UnderlyingSymbol 312 UnderlyingSymbolSfx 320 SecurityReqID 322 SecurityResponseID
        324 SecurityStatusReqID 335 TradSesReqID 336 TradingSessionID 337 ContraTrader 347 MessageEncoding
        372 RefMsgType 375 ContraBroker 376 ComplianceID 379 BusinessRejectRefID 439 ClearingFirm
        440 ClearingAccount
    """,
    "UTCDATE": "272 MDEntryDate",
    "UTCTIMEONLY": "273 MDEntryTime",
    "UTCTIMESTAMP": """
        42 OrigTime 52 SendingTime 60 TransactTime 122 OrigSendingTime 126 ExpireTime 168 EffectiveTime
        341 TradSesStartTime 342 TradSesOpenTime 343 TradSesPreCloseTime 344 TradSesCloseTime
        345 TradSesEndTime 370 OnBehalfOfSendingTime 438 ContraTradeTime
    """,
}

VALUES: Final[Mapping[str, str]] = {
    "CommType": "1..3",
    "ExecInst": "0..9 A..G I L..P R..W",
    "ExecTransType": "0..3",
    "HandlInst": "1..3",
    "IDSource": "1..9",
    "LastCapacity": "1..4",
    "OrdStatus": "0..9 A..E",
    "OrdType": "1..9 A..I P",
    "Rule80A": "A..F H..P R..U W..Z",
    "Side": "1..9",
    "TimeInForce": "0..6",
    "Urgency": "0..2",
    "SettlmntTyp": "0..9",
    "OpenClose": "C O",
    "ProcessCode": "0..6",
    "EncryptMethod": "0..6",
    "CxlRejReason": "0..3",
    "OrdRejReason": "0..8",
    "ExecType": "0..9 A..E",
    "SecurityType": """
        ? BA CB CD CMO CORP CP CPP CS FHA FHL FN FOR FUT GN GOVT IET MF MIO MPO MPP MPT MUNI NONE OPT PS RP
        RVRP SL TD USTB WAR ZOO
    """,
    "PutOrCall": "0 1",
    "CoveredOrUncovered": "0 1",
    "CustomerOrFirm": "0 1",
    "RoutingType": "1..4",
    "SubscriptionRequestType": "0..2",
    "MDUpdateType": "0 1",
    "MDEntryType": "0..9",
    "TickDirection": "0..3",
    "QuoteCondition": "A..I",
    "TradeCondition": "A..N",
    "MDUpdateAction": "0..2",
    "MDReqRejReason": "0..8",
    "DeleteReason": "0 1",
    "OpenCloseSettleFlag": "0..2",
    "FinancialStatus": "1",
    "CorporateAction": "A..E",
    "SecurityRequestType": "0..3",
    "SecurityResponseType": "1..6",
    "SecurityTradingStatus": "1..10 12..20",
    "HaltReason": "D E I M P X",
    "Adjustment": "1..3",
    "TradSesMethod": "1..3",
    "TradSesMode": "1..3",
    "TradSesStatus": "1..5",
    "MessageEncoding": "EUC-JP ISO-2022-JP Shift_JIS UTF-8",
    "SessionRejectReason": "0..11",
    "ExecRestatementReason": "0..5",
    "BusinessRejectReason": "0..5",
    "MsgDirection": "R S",
    "DiscretionInst": "0..5",
    "GTBookingInst": "0..2",
    "CxlRejResponseTo": "1 2",
    "MultiLegReportingType": "1..3",
}
