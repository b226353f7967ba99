"""FIX.4.4: header, trailer, component blocks and the messages that the exchange speaks.

Notation: see ``protocols.fix.outline``.
"""

from collections.abc import Mapping
from typing import Final

HEADER: Final = """
    BeginString! BodyLength! MsgType! SenderCompID! TargetCompID! OnBehalfOfCompID DeliverToCompID
    SecureDataLen SecureData MsgSeqNum! SenderSubID SenderLocationID TargetSubID TargetLocationID
    OnBehalfOfSubID OnBehalfOfLocationID DeliverToSubID DeliverToLocationID PossDupFlag PossResend
    SendingTime! OrigSendingTime XmlDataLen XmlData MessageEncoding LastMsgSeqNumProcessed NoHops(HopCompID
    HopSendingTime HopRefID)
"""

TRAILER: Final = "SignatureLength Signature CheckSum!"

COMPONENTS: Final[Mapping[str, str]] = {
    "AffectedOrdGrp": "NoAffectedOrders(OrigClOrdID AffectedOrderID AffectedSecondaryOrderID)",
    "AttrbGrp": "NoInstrAttrib(InstrAttribType InstrAttribValue)",
    "CommissionData": "Commission CommType CommCurrency FundRenewWaiv",
    "ContAmtGrp": "NoContAmts(ContAmtType ContAmtValue ContAmtCurr)",
    "ContraGrp": "NoContraBrokers(ContraBroker ContraTrader ContraTradeQty ContraTradeTime ContraLegRefID)",
    "DiscretionInstructions": """
        DiscretionInst DiscretionOffsetValue DiscretionMoveType DiscretionOffsetType DiscretionLimitType
        DiscretionRoundDirection DiscretionScope
    """,
    "EvntGrp": "NoEvents(EventType EventDate EventPx EventText)",
    "FinancingDetails": """
        AgreementDesc AgreementID AgreementDate AgreementCurrency TerminationType StartDate EndDate
        DeliveryType MarginRatio
    """,
    "InstrmtGrp": "NoRelatedSym(<Instrument>)",
    "InstrmtLegExecGrp": """
        NoLegs(<InstrumentLeg> LegQty LegSwapType <LegStipulations> LegPositionEffect LegCoveredOrUncovered
        <NestedParties> LegRefID LegPrice LegSettlType LegSettlDate LegLastPx)
    """,
    "InstrmtLegGrp": "NoLegs(<InstrumentLeg>)",
    "InstrmtLegSecListGrp": """
        NoLegs(<InstrumentLeg> LegSwapType LegSettlType <LegStipulations> <LegBenchmarkCurveData>)
    """,
    "InstrmtMDReqGrp": "NoRelatedSym!(<Instrument>! <UndInstrmtGrp> <InstrmtLegGrp>)",
    "Instrument": """
        Symbol SymbolSfx SecurityID SecurityIDSource <SecAltIDGrp> Product CFICode SecurityType
        SecuritySubType MaturityMonthYear MaturityDate PutOrCall CouponPaymentDate IssueDate
        RepoCollateralSecurityType RepurchaseTerm RepurchaseRate Factor CreditRating InstrRegistry
        CountryOfIssue StateOrProvinceOfIssue LocaleOfIssue RedemptionDate StrikePrice StrikeCurrency
        OptAttribute ContractMultiplier CouponRate SecurityExchange Issuer EncodedIssuerLen EncodedIssuer
        SecurityDesc EncodedSecurityDescLen EncodedSecurityDesc Pool ContractSettlMonth CPProgram CPRegType
        <EvntGrp> DatedDate InterestAccrualDate
    """,
    "InstrumentExtension": "DeliveryForm PctAtRisk <AttrbGrp>",
    "InstrumentLeg": """
        LegSymbol LegSymbolSfx LegSecurityID LegSecurityIDSource <LegSecAltIDGrp> LegProduct LegCFICode
        LegSecurityType LegSecuritySubType LegMaturityMonthYear LegMaturityDate LegCouponPaymentDate
        LegIssueDate LegRepoCollateralSecurityType LegRepurchaseTerm LegRepurchaseRate LegFactor
        LegCreditRating LegInstrRegistry LegCountryOfIssue LegStateOrProvinceOfIssue LegLocaleOfIssue
        LegRedemptionDate LegStrikePrice LegStrikeCurrency LegOptAttribute LegContractMultiplier LegCouponRate
        LegSecurityExchange LegIssuer EncodedLegIssuerLen EncodedLegIssuer LegSecurityDesc
        EncodedLegSecurityDescLen EncodedLegSecurityDesc LegRatioQty LegSide LegCurrency LegPool LegDatedDate
        LegContractSettlMonth LegInterestAccrualDate
    """,
    "LegBenchmarkCurveData": """
        LegBenchmarkCurveCurrency LegBenchmarkCurveName LegBenchmarkCurvePoint LegBenchmarkPrice
        LegBenchmarkPriceType
    """,
    "LegSecAltIDGrp": "NoLegSecurityAltID(LegSecurityAltID LegSecurityAltIDSource)",
    "LegStipulations": "NoLegStipulations(LegStipulationType LegStipulationValue)",
    "LinesOfTextGrp": "NoLinesOfText!(Text! EncodedTextLen EncodedText)",
    "MDFullGrp": """
        NoMDEntries!(MDEntryType! MDEntryPx Currency MDEntrySize MDEntryDate MDEntryTime TickDirection MDMkt
        TradingSessionID TradingSessionSubID QuoteCondition TradeCondition MDEntryOriginator LocationID DeskID
        OpenCloseSettlFlag TimeInForce ExpireDate ExpireTime MinQty ExecInst SellerDays OrderID QuoteEntryID
        MDEntryBuyer MDEntrySeller NumberOfOrders MDEntryPositionNo Scope PriceDelta Text EncodedTextLen
        EncodedText)
    """,
    "MDIncGrp": """
        NoMDEntries!(MDUpdateAction! DeleteReason MDEntryType MDEntryID MDEntryRefID <Instrument>
        <UndInstrmtGrp> <InstrmtLegGrp> FinancialStatus CorporateAction MDEntryPx Currency MDEntrySize
        MDEntryDate MDEntryTime TickDirection MDMkt TradingSessionID TradingSessionSubID QuoteCondition
        TradeCondition MDEntryOriginator LocationID DeskID OpenCloseSettlFlag TimeInForce ExpireDate
        ExpireTime MinQty ExecInst SellerDays OrderID QuoteEntryID MDEntryBuyer MDEntrySeller NumberOfOrders
        MDEntryPositionNo Scope PriceDelta NetChgPrevDay Text EncodedTextLen EncodedText)
    """,
    "MDReqGrp": "NoMDEntryTypes!(MDEntryType!)",
    "MDRjctGrp": "NoAltMDSource(AltMDSourceID)",
    "MiscFeesGrp": "NoMiscFees(MiscFeeAmt MiscFeeCurr MiscFeeType MiscFeeBasis)",
    "NestedParties": "NoNestedPartyIDs(NestedPartyID NestedPartyIDSource NestedPartyRole <NstdPtysSubGrp>)",
    "NstdPtysSubGrp": "NoNestedPartySubIDs(NestedPartySubID NestedPartySubIDType)",
    "OrderQtyData": "OrderQty CashOrderQty OrderPercent RoundingDirection RoundingModulus",
    "Parties": "NoPartyIDs(PartyID PartyIDSource PartyRole <PtysSubGrp>)",
    "PegInstructions": "PegOffsetValue PegMoveType PegOffsetType PegLimitType PegRoundDirection PegScope",
    "PreAllocGrp": """
        NoAllocs(AllocAccount AllocAcctIDSource AllocSettlCurrency IndividualAllocID <NestedParties> AllocQty)
    """,
    "PtysSubGrp": "NoPartySubIDs(PartySubID PartySubIDType)",
    "RoutingGrp": "NoRoutingIDs(RoutingType RoutingID)",
    "SecAltIDGrp": "NoSecurityAltID(SecurityAltID SecurityAltIDSource)",
    "SecListGrp": """
        NoRelatedSym(<Instrument> <InstrumentExtension> <FinancingDetails> <UndInstrmtGrp> Currency
        <Stipulations> <InstrmtLegSecListGrp> <SpreadOrBenchmarkCurveData> <YieldData> RoundLot MinTradeVol
        TradingSessionID TradingSessionSubID ExpirationCycle Text EncodedTextLen EncodedText)
    """,
    "SpreadOrBenchmarkCurveData": """
        Spread BenchmarkCurveCurrency BenchmarkCurveName BenchmarkCurvePoint BenchmarkPrice BenchmarkPriceType
        BenchmarkSecurityID BenchmarkSecurityIDSource
    """,
    "Stipulations": "NoStipulations(StipulationType StipulationValue)",
    "TrdgSesGrp": "NoTradingSessions(TradingSessionID TradingSessionSubID)",
    "UndInstrmtGrp": "NoUnderlyings(<UnderlyingInstrument>)",
    "UndSecAltIDGrp": "NoUnderlyingSecurityAltID(UnderlyingSecurityAltID UnderlyingSecurityAltIDSource)",
    "UnderlyingInstrument": """
        UnderlyingSymbol UnderlyingSymbolSfx UnderlyingSecurityID UnderlyingSecurityIDSource <UndSecAltIDGrp>
        UnderlyingProduct UnderlyingCFICode UnderlyingSecurityType UnderlyingSecuritySubType
        UnderlyingMaturityMonthYear UnderlyingMaturityDate UnderlyingPutOrCall UnderlyingCouponPaymentDate
        UnderlyingIssueDate UnderlyingRepoCollateralSecurityType UnderlyingRepurchaseTerm
        UnderlyingRepurchaseRate UnderlyingFactor UnderlyingCreditRating UnderlyingInstrRegistry
        UnderlyingCountryOfIssue UnderlyingStateOrProvinceOfIssue UnderlyingLocaleOfIssue
        UnderlyingRedemptionDate UnderlyingStrikePrice UnderlyingStrikeCurrency UnderlyingOptAttribute
        UnderlyingContractMultiplier UnderlyingCouponRate UnderlyingSecurityExchange UnderlyingIssuer
        EncodedUnderlyingIssuerLen EncodedUnderlyingIssuer UnderlyingSecurityDesc
        EncodedUnderlyingSecurityDescLen EncodedUnderlyingSecurityDesc UnderlyingCPProgram UnderlyingCPRegType
        UnderlyingCurrency UnderlyingQty UnderlyingPx UnderlyingDirtyPrice UnderlyingEndPrice
        UnderlyingStartValue UnderlyingCurrentValue UnderlyingEndValue <UnderlyingStipulations>
    """,
    "UnderlyingStipulations": "NoUnderlyingStips(UnderlyingStipType UnderlyingStipValue)",
    "YieldData": """
        YieldType Yield YieldCalcDate YieldRedemptionDate YieldRedemptionPrice YieldRedemptionPriceType
    """,
}

MESSAGES: Final[Mapping[str, str]] = {
    "0": "Heartbeat: TestReqID",
    "1": "TestRequest: TestReqID!",
    "2": "ResendRequest: BeginSeqNo! EndSeqNo!",
    "3": "Reject: RefSeqNum! RefTagID RefMsgType SessionRejectReason Text EncodedTextLen EncodedText",
    "4": "SequenceReset: GapFillFlag NewSeqNo!",
    "5": "Logout: Text EncodedTextLen EncodedText",
    "A": """
        Logon: EncryptMethod! HeartBtInt! RawDataLength RawData ResetSeqNumFlag NextExpectedMsgSeqNum
        MaxMessageSize NoMsgTypes(RefMsgType MsgDirection) TestMessageIndicator Username Password
    """,
    "B": """
        News: OrigTime Urgency Headline! EncodedHeadlineLen EncodedHeadline <RoutingGrp> <InstrmtGrp>
        <InstrmtLegGrp> <UndInstrmtGrp> <LinesOfTextGrp>! URLLink RawDataLength RawData
    """,
    "D": """
        NewOrderSingle: ClOrdID! SecondaryClOrdID ClOrdLinkID <Parties> TradeOriginationDate TradeDate Account
        AcctIDSource AccountType DayBookingInst BookingUnit PreallocMethod AllocID <PreAllocGrp> SettlType
        SettlDate CashMargin ClearingFeeIndicator HandlInst ExecInst MinQty MaxFloor ExDestination
        <TrdgSesGrp> ProcessCode <Instrument>! <FinancingDetails> <UndInstrmtGrp> PrevClosePx Side! LocateReqd
        TransactTime! <Stipulations> QtyType <OrderQtyData>! OrdType! PriceType Price StopPx
        <SpreadOrBenchmarkCurveData> <YieldData> Currency ComplianceID SolicitedFlag IOIID QuoteID TimeInForce
        EffectiveTime ExpireDate ExpireTime GTBookingInst <CommissionData> OrderCapacity OrderRestrictions
        CustOrderCapacity ForexReq SettlCurrency BookingType Text EncodedTextLen EncodedText SettlDate2
        OrderQty2 Price2 PositionEffect CoveredOrUncovered MaxShow <PegInstructions> <DiscretionInstructions>
        TargetStrategy TargetStrategyParameters ParticipationRate CancellationRights MoneyLaunderingStatus
        RegistID Designation
    """,
    "F": """
        OrderCancelRequest: OrigClOrdID! OrderID ClOrdID! SecondaryClOrdID ClOrdLinkID ListID OrigOrdModTime
        Account AcctIDSource AccountType <Parties> <Instrument>! <FinancingDetails> <UndInstrmtGrp> Side!
        TransactTime! <OrderQtyData>! ComplianceID Text EncodedTextLen EncodedText
    """,
    "G": """
        OrderCancelReplaceRequest: OrderID <Parties> TradeOriginationDate TradeDate OrigClOrdID! ClOrdID!
        SecondaryClOrdID ClOrdLinkID ListID OrigOrdModTime Account AcctIDSource AccountType DayBookingInst
        BookingUnit PreallocMethod AllocID <PreAllocGrp> SettlType SettlDate CashMargin ClearingFeeIndicator
        HandlInst ExecInst MinQty MaxFloor ExDestination <TrdgSesGrp> <Instrument>! <FinancingDetails>
        <UndInstrmtGrp> Side! TransactTime! QtyType <OrderQtyData>! OrdType! PriceType Price StopPx
        <SpreadOrBenchmarkCurveData> <YieldData> <PegInstructions> <DiscretionInstructions> TargetStrategy
        TargetStrategyParameters ParticipationRate ComplianceID SolicitedFlag Currency TimeInForce
        EffectiveTime ExpireDate ExpireTime GTBookingInst <CommissionData> OrderCapacity OrderRestrictions
        CustOrderCapacity ForexReq SettlCurrency BookingType Text EncodedTextLen EncodedText SettlDate2
        OrderQty2 Price2 PositionEffect CoveredOrUncovered MaxShow LocateReqd CancellationRights
        MoneyLaunderingStatus RegistID Designation
    """,
    "H": """
        OrderStatusRequest: OrderID ClOrdID! SecondaryClOrdID ClOrdLinkID <Parties> OrdStatusReqID Account
        AcctIDSource <Instrument>! <FinancingDetails> <UndInstrmtGrp> Side!
    """,
    "q": """
        OrderMassCancelRequest: ClOrdID! SecondaryClOrdID MassCancelRequestType! TradingSessionID
        TradingSessionSubID <Instrument> <UnderlyingInstrument> Side TransactTime! Text EncodedTextLen
        EncodedText
    """,
    "r": """
        OrderMassCancelReport: ClOrdID SecondaryClOrdID OrderID! SecondaryOrderID MassCancelRequestType!
        MassCancelResponse! MassCancelRejectReason TotalAffectedOrders <AffectedOrdGrp> TradingSessionID
        TradingSessionSubID <Instrument> <UnderlyingInstrument> Side TransactTime Text EncodedTextLen
        EncodedText
    """,
    "AF": """
        OrderMassStatusRequest: MassStatusReqID! MassStatusReqType! <Parties> Account AcctIDSource
        TradingSessionID TradingSessionSubID <Instrument> <UnderlyingInstrument> Side
    """,
    "8": """
        ExecutionReport: OrderID! SecondaryOrderID SecondaryClOrdID SecondaryExecID ClOrdID OrigClOrdID
        ClOrdLinkID QuoteRespID OrdStatusReqID MassStatusReqID TotNumReports LastRptRequested <Parties>
        TradeOriginationDate <ContraGrp> ListID CrossID OrigCrossID CrossType ExecID! ExecRefID ExecType!
        OrdStatus! WorkingIndicator OrdRejReason ExecRestatementReason Account AcctIDSource AccountType
        DayBookingInst BookingUnit PreallocMethod SettlType SettlDate CashMargin ClearingFeeIndicator
        <Instrument>! <FinancingDetails> <UndInstrmtGrp> Side! <Stipulations> QtyType <OrderQtyData> OrdType
        PriceType Price StopPx <PegInstructions> <DiscretionInstructions> PeggedPrice DiscretionPrice
        TargetStrategy TargetStrategyParameters ParticipationRate TargetStrategyPerformance Currency
        ComplianceID SolicitedFlag TimeInForce EffectiveTime ExpireDate ExpireTime ExecInst OrderCapacity
        OrderRestrictions CustOrderCapacity LastQty UnderlyingLastQty LastPx UnderlyingLastPx LastParPx
        LastSpotRate LastForwardPoints LastMkt TradingSessionID TradingSessionSubID TimeBracket LastCapacity
        LeavesQty! CumQty! AvgPx! DayOrderQty DayCumQty DayAvgPx GTBookingInst TradeDate TransactTime
        ReportToExch <CommissionData> <SpreadOrBenchmarkCurveData> <YieldData> GrossTradeAmt NumDaysInterest
        ExDate AccruedInterestRate AccruedInterestAmt InterestAtMaturity EndAccruedInterestAmt StartCash
        EndCash TradedFlatSwitch BasisFeatureDate BasisFeaturePrice Concession TotalTakedown NetMoney
        SettlCurrAmt SettlCurrency SettlCurrFxRate SettlCurrFxRateCalc HandlInst MinQty MaxFloor
        PositionEffect MaxShow BookingType Text EncodedTextLen EncodedText SettlDate2 OrderQty2
        LastForwardPoints2 MultiLegReportingType CancellationRights MoneyLaunderingStatus RegistID Designation
        TransBkdTime ExecValuationPoint ExecPriceType ExecPriceAdjustment PriorityIndicator PriceImprovement
        LastLiquidityInd <ContAmtGrp> <InstrmtLegExecGrp> CopyMsgIndicator <MiscFeesGrp>
    """,
    "9": """
        OrderCancelReject: OrderID! SecondaryOrderID SecondaryClOrdID ClOrdID! ClOrdLinkID OrigClOrdID!
        OrdStatus! WorkingIndicator OrigOrdModTime ListID Account AcctIDSource AccountType
        TradeOriginationDate TradeDate TransactTime CxlRejResponseTo! CxlRejReason Text EncodedTextLen
        EncodedText
    """,
    "j": """
        BusinessMessageReject: RefSeqNum RefMsgType! BusinessRejectRefID BusinessRejectReason! Text
        EncodedTextLen EncodedText
    """,
    "V": """
        MarketDataRequest: MDReqID! SubscriptionRequestType! MarketDepth! MDUpdateType AggregatedBook
        OpenCloseSettlFlag Scope MDImplicitDelete <MDReqGrp>! <InstrmtMDReqGrp>! <TrdgSesGrp> ApplQueueAction
        ApplQueueMax
    """,
    "W": """
        MarketDataSnapshotFullRefresh: MDReqID <Instrument>! <UndInstrmtGrp> <InstrmtLegGrp> FinancialStatus
        CorporateAction NetChgPrevDay <MDFullGrp>! ApplQueueDepth ApplQueueResolution
    """,
    "X": "MarketDataIncrementalRefresh: MDReqID <MDIncGrp>! ApplQueueDepth ApplQueueResolution",
    "Y": "MarketDataRequestReject: MDReqID! MDReqRejReason <MDRjctGrp> Text EncodedTextLen EncodedText",
    "x": """
        SecurityListRequest: SecurityReqID! SecurityListRequestType! <Instrument> <InstrumentExtension>
        <FinancingDetails> <UndInstrmtGrp> <InstrmtLegGrp> Currency Text EncodedTextLen EncodedText
        TradingSessionID TradingSessionSubID SubscriptionRequestType
    """,
    "y": """
        SecurityList: SecurityReqID! SecurityResponseID! SecurityRequestResult! TotNoRelatedSym LastFragment
        <SecListGrp>
    """,
    "c": """
        SecurityDefinitionRequest: SecurityReqID! SecurityRequestType! <Instrument> <InstrumentExtension>
        <UndInstrmtGrp> Currency Text EncodedTextLen EncodedText TradingSessionID TradingSessionSubID
        <InstrmtLegGrp> ExpirationCycle SubscriptionRequestType
    """,
    "d": """
        SecurityDefinition: SecurityReqID! SecurityResponseID! SecurityResponseType! <Instrument>
        <InstrumentExtension> <UndInstrmtGrp> Currency TradingSessionID TradingSessionSubID Text
        EncodedTextLen EncodedText <InstrmtLegGrp> ExpirationCycle RoundLot MinTradeVol
    """,
    "e": """
        SecurityStatusRequest: SecurityStatusReqID! <Instrument>! <InstrumentExtension> <UndInstrmtGrp>
        <InstrmtLegGrp> Currency SubscriptionRequestType! TradingSessionID TradingSessionSubID
    """,
    "f": """
        SecurityStatus: SecurityStatusReqID <Instrument>! <InstrumentExtension> <UndInstrmtGrp>
        <InstrmtLegGrp> Currency TradingSessionID TradingSessionSubID UnsolicitedIndicator
        SecurityTradingStatus FinancialStatus CorporateAction HaltReason InViewOfCommon DueToRelated BuyVolume
        SellVolume HighPx LowPx LastPx TransactTime Adjustment Text EncodedTextLen EncodedText
    """,
    "g": """
        TradingSessionStatusRequest: TradSesReqID! TradingSessionID TradingSessionSubID TradSesMethod
        TradSesMode SubscriptionRequestType!
    """,
    "h": """
        TradingSessionStatus: TradSesReqID TradingSessionID! TradingSessionSubID TradSesMethod TradSesMode
        UnsolicitedIndicator TradSesStatus! TradSesStatusRejReason TradSesStartTime TradSesOpenTime
        TradSesPreCloseTime TradSesCloseTime TradSesEndTime TotalVolumeTraded Text EncodedTextLen EncodedText
    """,
}
