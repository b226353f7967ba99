"""FIX.4.4: fields by type, and the codes that a field may have.

Notation: see ``protocols.fix.outline``.
"""

from collections.abc import Mapping
from typing import Final

FIELDS: Final[Mapping[str, str]] = {
    "AMT": """
        12 Commission 118 NetMoney 119 SettlCurrAmt 137 MiscFeeAmt 159 AccruedInterestAmt 237 TotalTakedown
        238 Concession 381 GrossTradeAmt 738 InterestAtMaturity 884 UnderlyingStartValue
        885 UnderlyingCurrentValue 886 UnderlyingEndValue 920 EndAccruedInterestAmt 921 StartCash 922 EndCash
    """,
    "BOOLEAN": """
        43 PossDupFlag 97 PossResend 113 ReportToExch 114 LocateReqd 121 ForexReq 123 GapFillFlag
        141 ResetSeqNumFlag 258 TradedFlatSwitch 266 AggregatedBook 325 UnsolicitedIndicator
        328 InViewOfCommon 329 DueToRelated 377 SolicitedFlag 464 TestMessageIndicator 547 MDImplicitDelete
        636 WorkingIndicator 797 CopyMsgIndicator 893 LastFragment 912 LastRptRequested
    """,
    "CHAR": """
        13 CommType 21 HandlInst 29 LastCapacity 39 OrdStatus 40 OrdType 54 Side 59 TimeInForce 61 Urgency
        63 SettlType 77 PositionEffect 81 ProcessCode 150 ExecType 156 SettlCurrFxRateCalc 206 OptAttribute
        263 SubscriptionRequestType 269 MDEntryType 274 TickDirection 279 MDUpdateAction 281 MDReqRejReason
        285 DeleteReason 317 UnderlyingOptAttribute 327 HaltReason 385 MsgDirection 388 DiscretionInst
        434 CxlRejResponseTo 442 MultiLegReportingType 447 PartyIDSource 468 RoundingDirection
        480 CancellationRights 481 MoneyLaunderingStatus 484 ExecPriceType 497 FundRenewWaiv
        525 NestedPartyIDSource 528 OrderCapacity 530 MassCancelRequestType 531 MassCancelResponse
        544 CashMargin 564 LegPositionEffect 587 LegSettlType 589 DayBookingInst 590 BookingUnit
        591 PreallocMethod 613 LegOptAttribute 624 LegSide
    """,
    "COUNTRY": "470 CountryOfIssue 592 UnderlyingCountryOfIssue 596 LegCountryOfIssue",
    "CURRENCY": """
        15 Currency 120 SettlCurrency 138 MiscFeeCurr 220 BenchmarkCurveCurrency 318 UnderlyingCurrency
        479 CommCurrency 521 ContAmtCurr 556 LegCurrency 676 LegBenchmarkCurveCurrency 736 AllocSettlCurrency
        918 AgreementCurrency 941 UnderlyingStrikeCurrency 942 LegStrikeCurrency 947 StrikeCurrency
    """,
    "DATA": """
        89 Signature 91 SecureData 96 RawData 213 XmlData 349 EncodedIssuer 351 EncodedSecurityDesc
        355 EncodedText 359 EncodedHeadline 363 EncodedUnderlyingIssuer 365 EncodedUnderlyingSecurityDesc
        619 EncodedLegIssuer 622 EncodedLegSecurityDesc
    """,
    "EXCHANGE": """
        30 LastMkt 100 ExDestination 207 SecurityExchange 275 MDMkt 308 UnderlyingSecurityExchange
        616 LegSecurityExchange
    """,
    "FLOAT": """
        155 SettlCurrFxRate 211 PegOffsetValue 228 Factor 231 ContractMultiplier 246 UnderlyingFactor
        253 LegFactor 389 DiscretionOffsetValue 436 UnderlyingContractMultiplier 469 RoundingModulus
        485 ExecPriceAdjustment 520 ContAmtValue 614 LegContractMultiplier 623 LegRatioQty 811 PriceDelta
        850 TargetStrategyPerformance
    """,
    "INT": """
        98 EncryptMethod 102 CxlRejReason 103 OrdRejReason 108 HeartBtInt 157 NumDaysInterest 201 PutOrCall
        203 CoveredOrUncovered 216 RoutingType 226 RepurchaseTerm 244 UnderlyingRepurchaseTerm
        251 LegRepurchaseTerm 264 MarketDepth 265 MDUpdateType 287 SellerDays 290 MDEntryPositionNo
        315 UnderlyingPutOrCall 321 SecurityRequestType 323 SecurityResponseType 326 SecurityTradingStatus
        334 Adjustment 338 TradSesMethod 339 TradSesMode 340 TradSesStatus 346 NumberOfOrders 371 RefTagID
        373 SessionRejectReason 378 ExecRestatementReason 380 BusinessRejectReason 393 TotNoRelatedSym
        423 PriceType 427 GTBookingInst 452 PartyRole 460 Product 462 UnderlyingProduct 519 ContAmtType
        533 TotalAffectedOrders 538 NestedPartyRole 549 CrossType 559 SecurityListRequestType
        560 SecurityRequestResult 565 LegCoveredOrUncovered 567 TradSesStatusRejReason 581 AccountType
        582 CustOrderCapacity 585 MassStatusReqType 607 LegProduct 638 PriorityIndicator 660 AcctIDSource
        661 AllocAcctIDSource 663 BenchmarkPriceType 668 DeliveryForm 680 LegBenchmarkPriceType
        690 LegSwapType 698 YieldRedemptionPriceType 775 BookingType 788 TerminationType 803 PartySubIDType
        805 NestedPartySubIDType 812 ApplQueueMax 813 ApplQueueDepth 814 ApplQueueResolution
        815 ApplQueueAction 827 ExpirationCycle 835 PegMoveType 836 PegOffsetType 837 PegLimitType
        838 PegRoundDirection 840 PegScope 841 DiscretionMoveType 842 DiscretionOffsetType
        843 DiscretionLimitType 844 DiscretionRoundDirection 846 DiscretionScope 847 TargetStrategy
        851 LastLiquidityInd 854 QtyType 865 EventType 871 InstrAttribType 875 CPProgram 891 MiscFeeBasis
        911 TotNumReports 919 DeliveryType
    """,
    "LENGTH": """
        9 BodyLength 90 SecureDataLen 93 SignatureLength 95 RawDataLength 212 XmlDataLen 348 EncodedIssuerLen
        350 EncodedSecurityDescLen 354 EncodedTextLen 358 EncodedHeadlineLen 362 EncodedUnderlyingIssuerLen
        364 EncodedUnderlyingSecurityDescLen 383 MaxMessageSize 618 EncodedLegIssuerLen
        621 EncodedLegSecurityDescLen
    """,
    "LOCALMKTDATE": """
        64 SettlDate 75 TradeDate 193 SettlDate2 224 CouponPaymentDate 225 IssueDate 229 TradeOriginationDate
        230 ExDate 240 RedemptionDate 241 UnderlyingCouponPaymentDate 242 UnderlyingIssueDate
        247 UnderlyingRedemptionDate 248 LegCouponPaymentDate 249 LegIssueDate 254 LegRedemptionDate
        259 BasisFeatureDate 432 ExpireDate 541 MaturityDate 542 UnderlyingMaturityDate 588 LegSettlDate
        611 LegMaturityDate 696 YieldRedemptionDate 701 YieldCalcDate 739 LegDatedDate 866 EventDate
        873 DatedDate 874 InterestAccrualDate 915 AgreementDate 916 StartDate 917 EndDate
        956 LegInterestAccrualDate
    """,
    "MONTHYEAR": """
        200 MaturityMonthYear 313 UnderlyingMaturityMonthYear 610 LegMaturityMonthYear 667 ContractSettlMonth
        955 LegContractSettlMonth
    """,
    "MULTIPLEVALUESTRING": """
        18 ExecInst 276 QuoteCondition 277 TradeCondition 286 OpenCloseSettlFlag 291 FinancialStatus
        292 CorporateAction 529 OrderRestrictions 546 Scope
    """,
    "NUMINGROUP": """
        33 NoLinesOfText 78 NoAllocs 136 NoMiscFees 146 NoRelatedSym 215 NoRoutingIDs 232 NoStipulations
        267 NoMDEntryTypes 268 NoMDEntries 382 NoContraBrokers 384 NoMsgTypes 386 NoTradingSessions
        453 NoPartyIDs 454 NoSecurityAltID 457 NoUnderlyingSecurityAltID 518 NoContAmts 534 NoAffectedOrders
        539 NoNestedPartyIDs 555 NoLegs 604 NoLegSecurityAltID 627 NoHops 683 NoLegStipulations
        711 NoUnderlyings 802 NoPartySubIDs 804 NoNestedPartySubIDs 816 NoAltMDSource 864 NoEvents
        870 NoInstrAttrib 887 NoUnderlyingStips
    """,
    "PERCENTAGE": """
        158 AccruedInterestRate 223 CouponRate 227 RepurchaseRate 236 Yield 245 UnderlyingRepurchaseRate
        252 LegRepurchaseRate 435 UnderlyingCouponRate 516 OrderPercent 615 LegCouponRate
        849 ParticipationRate 869 PctAtRisk 898 MarginRatio
    """,
    "PRICE": """
        6 AvgPx 31 LastPx 44 Price 99 StopPx 140 PrevClosePx 194 LastSpotRate 202 StrikePrice
        260 BasisFeaturePrice 270 MDEntryPx 316 UnderlyingStrikePrice 332 HighPx 333 LowPx 426 DayAvgPx
        566 LegPrice 612 LegStrikePrice 637 LegLastPx 640 Price2 651 UnderlyingLastPx 662 BenchmarkPrice
        669 LastParPx 679 LegBenchmarkPrice 697 YieldRedemptionPrice 810 UnderlyingPx 839 PeggedPrice
        845 DiscretionPrice 867 EventPx 882 UnderlyingDirtyPrice 883 UnderlyingEndPrice
    """,
    "PRICEOFFSET": """
        195 LastForwardPoints 218 Spread 451 NetChgPrevDay 639 PriceImprovement 641 LastForwardPoints2
    """,
    "QTY": """
        14 CumQty 32 LastQty 38 OrderQty 80 AllocQty 110 MinQty 111 MaxFloor 151 LeavesQty 152 CashOrderQty
        192 OrderQty2 210 MaxShow 271 MDEntrySize 330 BuyVolume 331 SellVolume 387 TotalVolumeTraded
        424 DayOrderQty 425 DayCumQty 437 ContraTradeQty 561 RoundLot 562 MinTradeVol 652 UnderlyingLastQty
        687 LegQty 879 UnderlyingQty
    """,
    "SEQNUM": """
        7 BeginSeqNo 16 EndSeqNo 34 MsgSeqNum 36 NewSeqNo 45 RefSeqNum 369 LastMsgSeqNumProcessed 630 HopRefID
        789 NextExpectedMsgSeqNum
    """,
    "STRING": """
        1 Account 8 BeginString 10 CheckSum 11 ClOrdID 17 ExecID 19 ExecRefID 22 SecurityIDSource 23 IOIID
        35 MsgType 37 OrderID 41 OrigClOrdID 48 SecurityID 49 SenderCompID 50 SenderSubID 55 Symbol
        56 TargetCompID 57 TargetSubID 58 Text 65 SymbolSfx 66 ListID 70 AllocID 79 AllocAccount 106 Issuer
        107 SecurityDesc 112 TestReqID 115 OnBehalfOfCompID 116 OnBehalfOfSubID 117 QuoteID
        128 DeliverToCompID 129 DeliverToSubID 139 MiscFeeType 142 SenderLocationID 143 TargetLocationID
        144 OnBehalfOfLocationID 145 DeliverToLocationID 148 Headline 149 URLLink 167 SecurityType
        198 SecondaryOrderID 217 RoutingID 221 BenchmarkCurveName 222 BenchmarkCurvePoint 233 StipulationType
        234 StipulationValue 235 YieldType 239 RepoCollateralSecurityType
        243 UnderlyingRepoCollateralSecurityType 250 LegRepoCollateralSecurityType 255 CreditRating
        256 UnderlyingCreditRating 257 LegCreditRating 262 MDReqID 278 MDEntryID 280 MDEntryRefID
        282 MDEntryOriginator 283 LocationID 284 DeskID 288 MDEntryBuyer 289 MDEntrySeller 299 QuoteEntryID
        305 UnderlyingSecurityIDSource 306 UnderlyingIssuer 307 UnderlyingSecurityDesc
        309 UnderlyingSecurityID 310 UnderlyingSecurityType 311 UnderlyingSymbol 312 UnderlyingSymbolSfx
        320 SecurityReqID 322 SecurityResponseID 324 SecurityStatusReqID 335 TradSesReqID 336 TradingSessionID
        337 ContraTrader 347 MessageEncoding 372 RefMsgType 375 ContraBroker 376 ComplianceID
        379 BusinessRejectRefID 448 PartyID 455 SecurityAltID 456 SecurityAltIDSource
        458 UnderlyingSecurityAltID 459 UnderlyingSecurityAltIDSource 461 CFICode 463 UnderlyingCFICode
        467 IndividualAllocID 471 StateOrProvinceOfIssue 472 LocaleOfIssue 494 Designation 513 RegistID
        523 PartySubID 524 NestedPartyID 526 SecondaryClOrdID 527 SecondaryExecID 532 MassCancelRejectReason
        535 AffectedOrderID 536 AffectedSecondaryOrderID 543 InstrRegistry 545 NestedPartySubID 548 CrossID
        551 OrigCrossID 553 Username 554 Password 583 ClOrdLinkID 584 MassStatusReqID
        593 UnderlyingStateOrProvinceOfIssue 594 UnderlyingLocaleOfIssue 595 UnderlyingInstrRegistry
        597 LegStateOrProvinceOfIssue 598 LegLocaleOfIssue 599 LegInstrRegistry 600 LegSymbol 601 LegSymbolSfx
        602 LegSecurityID 603 LegSecurityIDSource 605 LegSecurityAltID 606 LegSecurityAltIDSource
        608 LegCFICode 609 LegSecurityType 617 LegIssuer 620 LegSecurityDesc 625 TradingSessionSubID
        628 HopCompID 635 ClearingFeeIndicator 654 LegRefID 655 ContraLegRefID 677 LegBenchmarkCurveName
        678 LegBenchmarkCurvePoint 688 LegStipulationType 689 LegStipulationValue 691 Pool 693 QuoteRespID
        699 BenchmarkSecurityID 740 LegPool 761 BenchmarkSecurityIDSource 762 SecuritySubType
        763 UnderlyingSecuritySubType 764 LegSecuritySubType 790 OrdStatusReqID 817 AltMDSourceID
        848 TargetStrategyParameters 868 EventText 872 InstrAttribValue 876 CPRegType 877 UnderlyingCPProgram
        878 UnderlyingCPRegType 888 UnderlyingStipType 889 UnderlyingStipValue 913 AgreementDesc
        914 AgreementID 943 TimeBracket
    """,
    "UTCDATEONLY": "272 MDEntryDate",
    "UTCTIMEONLY": "273 MDEntryTime",
    "UTCTIMESTAMP": """
        42 OrigTime 52 SendingTime 60 TransactTime 122 OrigSendingTime 126 ExpireTime 168 EffectiveTime
        341 TradSesStartTime 342 TradSesOpenTime 343 TradSesPreCloseTime 344 TradSesCloseTime
        345 TradSesEndTime 438 ContraTradeTime 483 TransBkdTime 515 ExecValuationPoint 586 OrigOrdModTime
        629 HopSendingTime
    """,
}

VALUES: Final[Mapping[str, str]] = {
    "CommType": "1..6",
    "ExecInst": "0..9 A..S U..Z a..e",
    "HandlInst": "1..3",
    "SecurityIDSource": "1..9 A..J",
    "LastCapacity": "1..4",
    "OrdStatus": "0..4 6..9 A..E",
    "OrdType": "1..4 6..9 D E G I..M P",
    "Side": "1..9 A..G",
    "TimeInForce": "0..7",
    "Urgency": "0..2",
    "SettlType": "0..9",
    "PositionEffect": "C F O R",
    "ProcessCode": "0..6",
    "EncryptMethod": "0..6",
    "CxlRejReason": "0..6 99",
    "OrdRejReason": "0..11 13..15 99",
    "MiscFeeType": "1..12",
    "ExecType": "0 3..9 A..I",
    "SettlCurrFxRateCalc": "D M",
    "SecurityType": """
        ABS AMENDED AN BA BN BOX BRADY BRIDGE BUYSELL CB CD CL CMBS CMO COFO COFP CORP CP CPP CS DEFLTED DINP
        DN DUAL EUCD EUCORP EUCP EUSOV EUSUPRA FAC FADN FOR FORWARD FUT GO IET LOFC LQN MATURED MBS MF MIO
        MLEG MPO MPP MPT MT MTN NONE ONITE OPT PEF PFAND PN PS PZFJ RAN REPLACD REPO RETIRED REV RVLV RVLVTRM
        SECLOAN SECPLEDGE SPCLA SPCLO SPCLT STN STRUCT SUPRA SWING TAN TAXA TBA TBILL TBOND TCAL TD TECP TERM
        TINT TIPS TNOTE TPRN TRAN UST USTB VRDN WAR WITHDRN XCN XLINKD YANK YCD
    """,
    "PutOrCall": "0 1",
    "CoveredOrUncovered": "0 1",
    "RoutingType": "1..4",
    "StipulationType": """
        AMT AUTOREINV BANKQUAL BGNCON COUPON CURRENCY CUSTOMDATE GEOG HAIRCUT INSURED ISSUE ISSUER ISSUESIZE
        LOOKBACK LOT LOTVAR MAT MATURITY MAXSUBS MINDNOM MININCR MINQTY PAYFREQ PIECES PMAX PPL PPM PPT PRICE
        PRICEFREQ PROD PROTECT PURPOSE PXSOURCE RATING REDEMPTION RESTRICTED SECTOR SECTYPE STRUCT SUBSFREQ
        SUBSLEFT TEXT TRDVAR WAC WAL WALA WAM WHOLE YIELD
    """,
    "YieldType": """
        AFTERTAX ANNUAL ATISSUE AVGMATURITY BOOK CALL CHANGE CLOSE COMPOUND CURRENT GOVTEQUIV GROSS INFLATION
        INVERSEFLOATER LASTCLOSE LASTMONTH LASTQUARTER LASTYEAR LONGAVGLIFE MARK MATURITY NEXTREFUND OPENAVG
        PREVCLOSE PROCEEDS PUT SEMIANNUAL SHORTAVGLIFE SIMPLE TAXEQUIV TENDER TRUE VALUE1/32 WORST
    """,
    "SubscriptionRequestType": "0..2",
    "MDUpdateType": "0 1",
    "MDEntryType": "0..9 A..C",
    "TickDirection": "0..3",
    "QuoteCondition": "A..I",
    "TradeCondition": "A..N P..R",
    "MDUpdateAction": "0..2",
    "MDReqRejReason": "0..9 A..C",
    "DeleteReason": "0 1",
    "OpenCloseSettlFlag": "0..5",
    "FinancialStatus": "1 2",
    "CorporateAction": "A..E",
    "SecurityRequestType": "0..3",
    "SecurityResponseType": "1 2 5 6",
    "SecurityTradingStatus": "1..10 12..23",
    "HaltReason": "D E I M P X",
    "Adjustment": "1..3",
    "TradSesMethod": "1..3",
    "TradSesMode": "1..3",
    "TradSesStatus": "0..6",
    "MessageEncoding": "EUC-JP ISO-2022-JP Shift_JIS UTF-8",
    "SessionRejectReason": "0..17 99",
    "ExecRestatementReason": "0..10 99",
    "BusinessRejectReason": "0..7",
    "MsgDirection": "R S",
    "DiscretionInst": "0..6",
    "PriceType": "1..11",
    "GTBookingInst": "0..2",
    "CxlRejResponseTo": "1 2",
    "MultiLegReportingType": "1..3",
    "PartyIDSource": "1..9 A..I",
    "PartyRole": "1..22 24..38",
    "Product": "1..13",
    "RoundingDirection": "0..2",
    "CancellationRights": "M..O Y",
    "MoneyLaunderingStatus": "1..3 N Y",
    "ExecPriceType": "B..E O..Q S",
    "FundRenewWaiv": "N Y",
    "ContAmtType": "1..15",
    "OrderCapacity": "A G I P R W",
    "OrderRestrictions": "1..9 A",
    "MassCancelRequestType": "1..7",
    "MassCancelResponse": "0..7",
    "MassCancelRejectReason": "0..6 99",
    "CashMargin": "1..3",
    "Scope": "1..3",
    "CrossType": "1..4",
    "SecurityListRequestType": "0..4",
    "SecurityRequestResult": "0..5",
    "TradSesStatusRejReason": "1 99",
    "AccountType": "1..4 6..8",
    "CustOrderCapacity": "1..4",
    "MassStatusReqType": "1..8",
    "DayBookingInst": "0..2",
    "BookingUnit": "0..2",
    "PreallocMethod": "0 1",
    "ClearingFeeIndicator": "1..5 9 B C E F H I L M",
    "PriorityIndicator": "0 1",
    "AcctIDSource": "1..5 99",
    "DeliveryForm": "1 2",
    "LegSwapType": "1 2 4 5",
    "BookingType": "0..2",
    "TerminationType": "1..4",
    "PartySubIDType": "1..26",
    "ApplQueueResolution": "0..3",
    "ApplQueueAction": "0..3",
    "ExpirationCycle": "0 1",
    "PegMoveType": "0 1",
    "PegOffsetType": "0..3",
    "PegLimitType": "0..2",
    "PegRoundDirection": "1 2",
    "PegScope": "1..4",
    "DiscretionMoveType": "0 1",
    "DiscretionOffsetType": "0..3",
    "DiscretionLimitType": "0..2",
    "DiscretionRoundDirection": "1 2",
    "DiscretionScope": "1..4",
    "TargetStrategy": "1..3",
    "LastLiquidityInd": "1..3",
    "QtyType": "0 1",
    "EventType": "1..4 99",
    "InstrAttribType": "1..22 99",
    "CPProgram": "1 2 99",
    "MiscFeeBasis": "0..2",
    "DeliveryType": "0..3",
}
