"""FIX.4.2: header, trailer and the messages that the exchange speaks.

Notation: see ``protocols.fix.outline``.
"""

from collections.abc import Mapping
from typing import Final

HEADER: Final = """
    BeginString! BodyLength! MsgType! SenderCompID! TargetCompID! OnBehalfOfCompID DeliverToCompID
    SecureDataLen SecureData MsgSeqNum! SenderSubID SenderLocationID TargetSubID TargetLocationID
    OnBehalfOfSubID OnBehalfOfLocationID DeliverToSubID DeliverToLocationID PossDupFlag PossResend
    SendingTime! OrigSendingTime XmlDataLen XmlData MessageEncoding LastMsgSeqNumProcessed
    OnBehalfOfSendingTime
"""

TRAILER: Final = "SignatureLength Signature CheckSum!"

MESSAGES: Final[Mapping[str, str]] = {
    "0": "Heartbeat: TestReqID",
    "1": "TestRequest: TestReqID!",
    "2": "ResendRequest: BeginSeqNo! EndSeqNo!",
    "3": "Reject: RefSeqNum! RefTagID RefMsgType SessionRejectReason Text EncodedTextLen EncodedText",
    "4": "SequenceReset: GapFillFlag NewSeqNo!",
    "5": "Logout: Text EncodedTextLen EncodedText",
    "A": """
        Logon: EncryptMethod! HeartBtInt! RawDataLength RawData ResetSeqNumFlag MaxMessageSize
        NoMsgTypes(RefMsgType MsgDirection)
    """,
    "B": """
        News: OrigTime Urgency Headline! EncodedHeadlineLen EncodedHeadline NoRoutingIDs(RoutingType
        RoutingID) NoRelatedSym(RelatdSym SymbolSfx SecurityID IDSource SecurityType MaturityMonthYear
        MaturityDay PutOrCall StrikePrice OptAttribute ContractMultiplier CouponRate SecurityExchange Issuer
        EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen EncodedSecurityDesc)
        LinesOfText!(Text! EncodedTextLen EncodedText) URLLink RawDataLength RawData
    """,
    "D": """
        NewOrderSingle: ClOrdID! ClientID ExecBroker Account NoAllocs(AllocAccount AllocShares) SettlmntTyp
        FutSettDate HandlInst! ExecInst MinQty MaxFloor ExDestination NoTradingSessions(TradingSessionID)
        ProcessCode Symbol! SymbolSfx SecurityID IDSource SecurityType MaturityMonthYear MaturityDay PutOrCall
        StrikePrice OptAttribute ContractMultiplier CouponRate SecurityExchange Issuer EncodedIssuerLen
        EncodedIssuer SecurityDesc EncodedSecurityDescLen EncodedSecurityDesc PrevClosePx Side! LocateReqd
        TransactTime! OrderQty CashOrderQty OrdType! Price StopPx Currency ComplianceID SolicitedFlag IOIID
        QuoteID TimeInForce EffectiveTime ExpireDate ExpireTime GTBookingInst Commission CommType Rule80A
        ForexReq SettlCurrency Text EncodedTextLen EncodedText FutSettDate2 OrderQty2 OpenClose
        CoveredOrUncovered CustomerOrFirm MaxShow PegDifference DiscretionInst DiscretionOffset ClearingFirm
        ClearingAccount
    """,
    "F": """
        OrderCancelRequest: OrigClOrdID! OrderID ClOrdID! ListID Account ClientID ExecBroker Symbol! SymbolSfx
        SecurityID IDSource SecurityType MaturityMonthYear MaturityDay PutOrCall StrikePrice OptAttribute
        ContractMultiplier CouponRate SecurityExchange Issuer EncodedIssuerLen EncodedIssuer SecurityDesc
        EncodedSecurityDescLen EncodedSecurityDesc Side! TransactTime! OrderQty CashOrderQty ComplianceID
        SolicitedFlag Text EncodedTextLen EncodedText
    """,
    "G": """
        OrderCancelReplaceRequest: OrderID ClientID ExecBroker OrigClOrdID! ClOrdID! ListID Account
        NoAllocs(AllocAccount AllocShares) SettlmntTyp FutSettDate HandlInst! ExecInst MinQty MaxFloor
        ExDestination NoTradingSessions(TradingSessionID) Symbol! SymbolSfx SecurityID IDSource SecurityType
        MaturityMonthYear MaturityDay PutOrCall StrikePrice OptAttribute ContractMultiplier CouponRate
        SecurityExchange Issuer EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen
        EncodedSecurityDesc Side! TransactTime! OrderQty CashOrderQty OrdType! Price StopPx PegDifference
        DiscretionInst DiscretionOffset ComplianceID SolicitedFlag Currency TimeInForce EffectiveTime
        ExpireDate ExpireTime GTBookingInst Commission CommType Rule80A ForexReq SettlCurrency Text
        EncodedTextLen EncodedText FutSettDate2 OrderQty2 OpenClose CoveredOrUncovered CustomerOrFirm MaxShow
        LocateReqd ClearingFirm ClearingAccount
    """,
    "H": """
        OrderStatusRequest: OrderID ClOrdID! ClientID Account ExecBroker Symbol! SymbolSfx SecurityID IDSource
        SecurityType MaturityMonthYear MaturityDay PutOrCall StrikePrice OptAttribute ContractMultiplier
        CouponRate SecurityExchange Issuer EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen
        EncodedSecurityDesc Side!
    """,
    "8": """
        ExecutionReport: OrderID! SecondaryOrderID ClOrdID OrigClOrdID ClientID ExecBroker
        NoContraBrokers(ContraBroker ContraTrader ContraTradeQty ContraTradeTime) ListID ExecID!
        ExecTransType! ExecRefID ExecType! OrdStatus! OrdRejReason ExecRestatementReason Account SettlmntTyp
        FutSettDate Symbol! SymbolSfx SecurityID IDSource SecurityType MaturityMonthYear MaturityDay PutOrCall
        StrikePrice OptAttribute ContractMultiplier CouponRate SecurityExchange Issuer EncodedIssuerLen
        EncodedIssuer SecurityDesc EncodedSecurityDescLen EncodedSecurityDesc Side! OrderQty CashOrderQty
        OrdType Price StopPx PegDifference DiscretionInst DiscretionOffset Currency ComplianceID SolicitedFlag
        TimeInForce EffectiveTime ExpireDate ExpireTime ExecInst Rule80A LastShares LastPx LastSpotRate
        LastForwardPoints LastMkt TradingSessionID LastCapacity LeavesQty! CumQty! AvgPx! DayOrderQty
        DayCumQty DayAvgPx GTBookingInst TradeDate TransactTime ReportToExch Commission CommType GrossTradeAmt
        SettlCurrAmt SettlCurrency SettlCurrFxRate SettlCurrFxRateCalc HandlInst MinQty MaxFloor OpenClose
        MaxShow Text EncodedTextLen EncodedText FutSettDate2 OrderQty2 ClearingFirm ClearingAccount
        MultiLegReportingType
    """,
    "9": """
        OrderCancelReject: OrderID! SecondaryOrderID ClOrdID! OrigClOrdID! OrdStatus! ClientID ExecBroker
        ListID Account TransactTime CxlRejResponseTo! CxlRejReason Text EncodedTextLen EncodedText
    """,
    "j": """
        BusinessMessageReject: RefSeqNum RefMsgType! BusinessRejectRefID BusinessRejectReason! Text
        EncodedTextLen EncodedText
    """,
    "V": """
        MarketDataRequest: MDReqID! SubscriptionRequestType! MarketDepth! MDUpdateType AggregatedBook
        NoMDEntryTypes!(MDEntryType!) NoRelatedSym!(Symbol! SymbolSfx SecurityID IDSource SecurityType
        MaturityMonthYear MaturityDay PutOrCall StrikePrice OptAttribute ContractMultiplier CouponRate
        SecurityExchange Issuer EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen
        EncodedSecurityDesc TradingSessionID)
    """,
    "W": """
        MarketDataSnapshotFullRefresh: MDReqID Symbol! SymbolSfx SecurityID IDSource SecurityType
        MaturityMonthYear MaturityDay PutOrCall StrikePrice OptAttribute ContractMultiplier CouponRate
        SecurityExchange Issuer EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen
        EncodedSecurityDesc FinancialStatus CorporateAction TotalVolumeTraded NoMDEntries!(MDEntryType!
        MDEntryPx! Currency MDEntrySize MDEntryDate MDEntryTime TickDirection MDMkt TradingSessionID
        QuoteCondition TradeCondition MDEntryOriginator LocationID DeskID OpenCloseSettleFlag TimeInForce
        ExpireDate ExpireTime MinQty ExecInst SellerDays OrderID QuoteEntryID MDEntryBuyer MDEntrySeller
        NumberOfOrders MDEntryPositionNo Text EncodedTextLen EncodedText)
    """,
    "X": """
        MarketDataIncrementalRefresh: MDReqID NoMDEntries!(MDUpdateAction! DeleteReason MDEntryType MDEntryID
        MDEntryRefID Symbol SymbolSfx SecurityID IDSource SecurityType MaturityMonthYear MaturityDay PutOrCall
        StrikePrice OptAttribute ContractMultiplier CouponRate SecurityExchange Issuer EncodedIssuerLen
        EncodedIssuer SecurityDesc EncodedSecurityDescLen EncodedSecurityDesc FinancialStatus CorporateAction
        MDEntryPx Currency MDEntrySize MDEntryDate MDEntryTime TickDirection MDMkt TradingSessionID
        QuoteCondition TradeCondition MDEntryOriginator LocationID DeskID OpenCloseSettleFlag TimeInForce
        ExpireDate ExpireTime MinQty ExecInst SellerDays OrderID QuoteEntryID MDEntryBuyer MDEntrySeller
        NumberOfOrders MDEntryPositionNo TotalVolumeTraded Text EncodedTextLen EncodedText)
    """,
    "Y": "MarketDataRequestReject: MDReqID! MDReqRejReason Text EncodedTextLen EncodedText",
    "c": """
        SecurityDefinitionRequest: SecurityReqID! SecurityRequestType! Symbol SymbolSfx SecurityID IDSource
        SecurityType MaturityMonthYear MaturityDay PutOrCall StrikePrice OptAttribute ContractMultiplier
        CouponRate SecurityExchange Issuer EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen
        EncodedSecurityDesc Currency Text EncodedTextLen EncodedText TradingSessionID
        NoRelatedSym(UnderlyingSymbol UnderlyingSymbolSfx UnderlyingSecurityID UnderlyingIDSource
        UnderlyingSecurityType UnderlyingMaturityMonthYear UnderlyingMaturityDay UnderlyingPutOrCall
        UnderlyingStrikePrice UnderlyingOptAttribute UnderlyingContractMultiplier UnderlyingCouponRate
        UnderlyingSecurityExchange UnderlyingIssuer EncodedUnderlyingIssuerLen EncodedUnderlyingIssuer
        UnderlyingSecurityDesc EncodedUnderlyingSecurityDescLen EncodedUnderlyingSecurityDesc RatioQty Side
        UnderlyingCurrency)
    """,
    "d": """
        SecurityDefinition: SecurityReqID! SecurityResponseID! SecurityResponseType TotalNumSecurities! Symbol
        SymbolSfx SecurityID IDSource SecurityType MaturityMonthYear MaturityDay PutOrCall StrikePrice
        OptAttribute ContractMultiplier CouponRate SecurityExchange Issuer EncodedIssuerLen EncodedIssuer
        SecurityDesc EncodedSecurityDescLen EncodedSecurityDesc Currency TradingSessionID Text EncodedTextLen
        EncodedText NoRelatedSym(UnderlyingSymbol UnderlyingSymbolSfx UnderlyingSecurityID UnderlyingIDSource
        UnderlyingSecurityType UnderlyingMaturityMonthYear UnderlyingMaturityDay UnderlyingPutOrCall
        UnderlyingStrikePrice UnderlyingOptAttribute UnderlyingContractMultiplier UnderlyingCouponRate
        UnderlyingSecurityExchange UnderlyingIssuer EncodedUnderlyingIssuerLen EncodedUnderlyingIssuer
        UnderlyingSecurityDesc EncodedUnderlyingSecurityDescLen EncodedUnderlyingSecurityDesc RatioQty Side
        UnderlyingCurrency)
    """,
    "e": """
        SecurityStatusRequest: SecurityStatusReqID! Symbol! SymbolSfx SecurityID IDSource SecurityType
        MaturityMonthYear MaturityDay PutOrCall StrikePrice OptAttribute ContractMultiplier CouponRate
        SecurityExchange Issuer EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen
        EncodedSecurityDesc Currency SubscriptionRequestType! TradingSessionID
    """,
    "f": """
        SecurityStatus: SecurityStatusReqID Symbol! SymbolSfx SecurityID IDSource SecurityType
        MaturityMonthYear MaturityDay PutOrCall StrikePrice OptAttribute ContractMultiplier CouponRate
        SecurityExchange Issuer EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen
        EncodedSecurityDesc Currency TradingSessionID UnsolicitedIndicator SecurityTradingStatus
        FinancialStatus CorporateAction HaltReason InViewOfCommon DueToRelated BuyVolume SellVolume HighPx
        LowPx LastPx TransactTime Adjustment
    """,
    "g": """
        TradingSessionStatusRequest: TradSesReqID! TradingSessionID TradSesMethod TradSesMode
        SubscriptionRequestType!
    """,
    "h": """
        TradingSessionStatus: TradSesReqID TradingSessionID! TradSesMethod TradSesMode UnsolicitedIndicator
        TradSesStatus! TradSesStartTime TradSesOpenTime TradSesPreCloseTime TradSesCloseTime TradSesEndTime
        TotalVolumeTraded Text EncodedTextLen EncodedText
    """,
}
