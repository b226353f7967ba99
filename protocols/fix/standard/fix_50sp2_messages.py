"""FIX.5.0SP2: the application messages that the exchange speaks. FIXT.1.1 has the rest.

Notation: see ``protocols.fix.outline``.
"""

from collections.abc import Mapping
from typing import Final

MESSAGES: Final[Mapping[str, str]] = {
    "B": """
        News: <ApplicationSequenceControl> NewsID <NewsRefGrp> NewsCategory LanguageCode OrigTime Urgency
        Headline! EncodedHeadlineLen EncodedHeadline <RoutingGrp> MarketID MarketSegmentID <InstrmtGrp>
        <InstrmtLegGrp> <UndInstrmtGrp> <LinesOfTextGrp>! URLLink RawDataLength RawData
    """,
    "D": """
        NewOrderSingle: ClOrdID! SecondaryClOrdID ClOrdLinkID <Parties> <TargetParties> TradeOriginationDate
        TradeDate Account AcctIDSource AccountType DayBookingInst BookingUnit PreallocMethod AllocID
        <PreAllocGrp> SettlType SettlDate CashMargin ClearingFeeIndicator HandlInst ExecInst MinQty
        MatchIncrement MaxPriceLevels <DisplayInstruction> MaxFloor MarketSegmentID ExDestination
        ExDestinationIDSource <TrdgSesGrp> ProcessCode <Instrument>! <FinancingDetails> <UndInstrmtGrp>
        PrevClosePx Side! LocateReqd TransactTime! <Stipulations> QtyType <OrderQtyData>! OrdType! PriceType
        Price PriceProtectionScope StopPx <TriggeringInstruction> <SpreadOrBenchmarkCurveData> <YieldData>
        Currency ComplianceID SolicitedFlag CopyMsgIndicator IOIID QuoteID TimeInForce EffectiveTime
        ExpireDate ExpireTime GTBookingInst <CommissionData> OrderCapacity OrderRestrictions PreTradeAnonymity
        TradePublishIndicator CustOrderCapacity ForexReq SettlCurrency <RateSource> BookingType Text
        EncodedTextLen EncodedText SettlDate2 OrderQty2 Price2 PositionEffect CoveredOrUncovered MaxShow
        <PegInstructions> <DiscretionInstructions> TargetStrategy <StrategyParametersGrp>
        TargetStrategyParameters ParticipationRate CancellationRights MoneyLaunderingStatus RegistID
        Designation ManualOrderIndicator CustDirectedOrder ReceivedDeptID CustOrderHandlingInst
        OrderHandlingInstSource OwnerType <TrdRegTimestamps> RefOrderID RefOrderIDSource
    """,
    "F": """
        OrderCancelRequest: OrigClOrdID OrderID ClOrdID! SecondaryClOrdID ClOrdLinkID ListID OrigOrdModTime
        Account AcctIDSource AccountType <Parties> <Instrument>! <FinancingDetails> <UndInstrmtGrp>
        MarketSegmentID ExDestination ExDestinationIDSource Side! TransactTime! <OrderQtyData> ComplianceID
        Text EncodedTextLen EncodedText
    """,
    "G": """
        OrderCancelReplaceRequest: OrderID <Parties> <TargetParties> TradeOriginationDate TradeDate
        OrigClOrdID ClOrdID! SecondaryClOrdID ClOrdLinkID ListID OrigOrdModTime Account AcctIDSource
        AccountType DayBookingInst BookingUnit PreallocMethod AllocID <PreAllocGrp> SettlType SettlDate
        CashMargin ClearingFeeIndicator HandlInst ExecInst MinQty MatchIncrement MaxPriceLevels
        <DisplayInstruction> MaxFloor MarketSegmentID ExDestination ExDestinationIDSource <TrdgSesGrp>
        <Instrument>! <FinancingDetails> <UndInstrmtGrp> Side! TransactTime! <Stipulations> QtyType
        <OrderQtyData>! OrdType! PriceType Price PriceProtectionScope StopPx <TriggeringInstruction>
        <SpreadOrBenchmarkCurveData> <YieldData> <PegInstructions> <DiscretionInstructions> TargetStrategy
        <StrategyParametersGrp> TargetStrategyParameters ParticipationRate ComplianceID SolicitedFlag Currency
        TimeInForce EffectiveTime ExpireDate ExpireTime GTBookingInst <CommissionData> OrderCapacity
        OrderRestrictions PreTradeAnonymity TradePublishIndicator CustOrderCapacity ForexReq SettlCurrency
        <RateSource> BookingType Text EncodedTextLen EncodedText SettlDate2 OrderQty2 Price2 PositionEffect
        CoveredOrUncovered MaxShow LocateReqd CancellationRights MoneyLaunderingStatus RegistID Designation
        ManualOrderIndicator CustDirectedOrder ReceivedDeptID CustOrderHandlingInst OrderHandlingInstSource
        OwnerType <TrdRegTimestamps>
    """,
    "H": """
        OrderStatusRequest: OrderID ClOrdID SecondaryClOrdID ClOrdLinkID <Parties> OrdStatusReqID Account
        AcctIDSource <Instrument>! <FinancingDetails> <UndInstrmtGrp> MarketSegmentID Side!
    """,
    "q": """
        OrderMassCancelRequest: ClOrdID! SecondaryClOrdID MassCancelRequestType! TradingSessionID
        TradingSessionSubID <Parties> <TargetParties> <Instrument> <UnderlyingInstrument> MarketID
        MarketSegmentID Side TransactTime! Text EncodedTextLen EncodedText
    """,
    "r": """
        OrderMassCancelReport: ClOrdID SecondaryClOrdID OrderID! MassActionReportID! SecondaryOrderID
        MassCancelRequestType! MassCancelResponse! MassCancelRejectReason TotalAffectedOrders <AffectedOrdGrp>
        <NotAffectedOrdGrp> TradingSessionID TradingSessionSubID <Parties> <TargetParties> <Instrument>
        <UnderlyingInstrument> MarketID MarketSegmentID Side TransactTime Text EncodedTextLen EncodedText
    """,
    "AF": """
        OrderMassStatusRequest: MassStatusReqID! MassStatusReqType! <Parties> <TargetParties> Account
        AcctIDSource TradingSessionID TradingSessionSubID <Instrument> <UnderlyingInstrument> Side
    """,
    "8": """
        ExecutionReport: <ApplicationSequenceControl> OrderID! SecondaryOrderID SecondaryClOrdID
        SecondaryExecID ClOrdID QuoteMsgID OrigClOrdID ClOrdLinkID MDEntryID QuoteRespID OrdStatusReqID
        MassStatusReqID HostCrossID TotNumReports LastRptRequested <Parties> <TargetParties>
        TradeOriginationDate <ContraGrp> ListID CrossID OrigCrossID CrossType TrdMatchID ExecID! ExecRefID
        ExecType! OrdStatus! WorkingIndicator OrdRejReason RejectText ExecRestatementReason TrdType TrdSubType
        SecondaryTrdType PreviouslyReported Account AcctIDSource AccountType DayBookingInst BookingUnit
        PreallocMethod AllocID <PreAllocGrp> SettlType SettlDate MatchType OrderCategory CashMargin
        ClearingFeeIndicator <Instrument>! <FinancingDetails> <UndInstrmtGrp> Side! <Stipulations> QtyType
        <OrderQtyData> LotType OrdType PriceType Price PriceProtectionScope StopPx <TriggeringInstruction>
        <PegInstructions> <DiscretionInstructions> PeggedPrice PeggedRefPrice DiscretionPrice TargetStrategy
        <StrategyParametersGrp> TargetStrategyParameters ParticipationRate TargetStrategyPerformance Currency
        ComplianceID SolicitedFlag TimeInForce EffectiveTime ExpireDate ExpireTime ExecInst AggressorIndicator
        OrderCapacity OrderRestrictions PreTradeAnonymity TradePublishIndicator CustOrderCapacity LastQty
        CalculatedCcyLastQty LastSwapPoints UnderlyingLastQty LastPx UnderlyingLastPx LastParPx MidPx
        LastSpotRate LastForwardPoints LastMkt VenueType MarketSegmentID ExDestination ExDestinationIDSource
        TradingSessionID TradingSessionSubID TimeBracket LastCapacity LeavesQty! CumQty! CxlQty AvgPx
        DayOrderQty DayCumQty DayAvgPx TotNoFills LastFragment <FillsGrp> GTBookingInst TradeDate TransactTime
        ReportToExch <CommissionData> <SpreadOrBenchmarkCurveData> <YieldData> GrossTradeAmt NumDaysInterest
        ExDate AccruedInterestRate AccruedInterestAmt InterestAtMaturity EndAccruedInterestAmt StartCash
        EndCash TradedFlatSwitch BasisFeatureDate BasisFeaturePrice Concession TotalTakedown NetMoney
        SettlCurrAmt SettlCurrency <RateSource> SettlCurrFxRate SettlCurrFxRateCalc HandlInst MinQty
        MatchIncrement MaxPriceLevels <DisplayInstruction> MaxFloor PositionEffect MaxShow BookingType Text
        EncodedTextLen EncodedText SettlDate2 OrderQty2 LastForwardPoints2 MultiLegReportingType
        ContingencyType CancellationRights MoneyLaunderingStatus RegistID Designation TransBkdTime
        ExecValuationPoint ExecPriceType ExecPriceAdjustment PriorityIndicator PriceImprovement
        LastLiquidityInd <ContAmtGrp> <InstrmtLegExecGrp> CopyMsgIndicator <MiscFeesGrp> DividendYield
        ManualOrderIndicator CustDirectedOrder ReceivedDeptID CustOrderHandlingInst OrderHandlingInstSource
        OwnerType <TrdRegTimestamps> Volatility TimeToExpiration RiskFreeRate PriceDelta RefOrderID
        RefOrderIDSource
    """,
    "9": """
        OrderCancelReject: OrderID! SecondaryOrderID SecondaryClOrdID ClOrdID! ClOrdLinkID OrigClOrdID
        OrdStatus! WorkingIndicator OrigOrdModTime ListID Account AcctIDSource AccountType
        TradeOriginationDate TradeDate TransactTime CxlRejResponseTo! CxlRejReason RejectText ExDestination
        ExDestinationIDSource <Parties> Text EncodedTextLen EncodedText
    """,
    "j": """
        BusinessMessageReject: RefSeqNum RefMsgType! RefApplVerID RefApplExtID RefCstmApplVerID
        BusinessRejectRefID BusinessRejectReason! Text EncodedTextLen EncodedText
    """,
    "V": """
        MarketDataRequest: MDReqID! SubscriptionRequestType! <Parties> MarketDepth! MDUpdateType
        AggregatedBook OpenCloseSettlFlag Scope MDImplicitDelete <MDReqGrp>! <MarketSegmentScopeGrp>
        <InstrmtMDReqGrp>! <TrdgSesGrp> ApplQueueAction ApplQueueMax MDQuoteType
    """,
    "W": """
        MarketDataSnapshotFullRefresh: <ApplicationSequenceControl> TotNumReports MDReportID
        ClearingBusinessDate MDBookType MDSubBookType MarketDepth MDFeedType RefreshIndicator TradeDate
        MDReqID MDStreamID MarketID MarketSegmentID <Instrument>! <InstrumentExtension> <FinancingDetails>
        <UndInstrmtGrp> <InstrmtLegGrp> LastUpdateTime! FinancialStatus CorporateAction NetChgPrevDay
        <MDFullGrp>! ApplQueueDepth ApplQueueResolution <RoutingGrp>
    """,
    "X": """
        MarketDataIncrementalRefresh: <ApplicationSequenceControl> MDBookType MDFeedType TradeDate MDReqID
        MarketID MarketSegmentID <MDIncGrp>! ApplQueueDepth ApplQueueResolution <RoutingGrp>
    """,
    "Y": """
        MarketDataRequestReject: MDReqID! <Parties> MDReqRejReason <MDRjctGrp> Text EncodedTextLen EncodedText
    """,
    "x": """
        SecurityListRequest: SecurityReqID! SecurityListRequestType! SecurityListID SecurityListType
        SecurityListTypeSource MarketID MarketSegmentID <Instrument> <InstrumentExtension> <FinancingDetails>
        <UndInstrmtGrp> <InstrmtLegGrp> Currency Text EncodedTextLen EncodedText TradingSessionID
        TradingSessionSubID SubscriptionRequestType
    """,
    "y": """
        SecurityList: <ApplicationSequenceControl> SecurityReportID ClearingBusinessDate SecurityListID
        SecurityListRefID SecurityListDesc EncodedSecurityListDescLen EncodedSecurityListDesc SecurityListType
        SecurityListTypeSource SecurityReqID SecurityResponseID SecurityRequestResult TransactTime
        TotNoRelatedSym MarketID MarketSegmentID LastFragment <SecListGrp>
    """,
    "c": """
        SecurityDefinitionRequest: SecurityReqID! SecurityRequestType! MarketID MarketSegmentID <Instrument>
        <InstrumentExtension> <FinancingDetails> <UndInstrmtGrp> Currency ComplianceID Text EncodedTextLen
        EncodedText TradingSessionID TradingSessionSubID <Stipulations> <InstrmtLegGrp>
        <SpreadOrBenchmarkCurveData> <YieldData> ExpirationCycle SubscriptionRequestType
    """,
    "d": """
        SecurityDefinition: <ApplicationSequenceControl> SecurityReportID ClearingBusinessDate SecurityReqID
        SecurityResponseID SecurityResponseType SecurityRequestResult CorporateAction <Instrument>
        <InstrumentExtension> <FinancingDetails> <UndInstrmtGrp> Currency PriorSettlPrice Text EncodedTextLen
        EncodedText <Stipulations> <InstrmtLegGrp> <SpreadOrBenchmarkCurveData> <YieldData> <MarketSegmentGrp>
        LastUpdateTime TransactTime
    """,
    "e": """
        SecurityStatusRequest: SecurityStatusReqID! <Instrument>! <InstrumentExtension> <FinancingDetails>
        <UndInstrmtGrp> <InstrmtLegGrp> Currency SubscriptionRequestType! MarketID MarketSegmentID
        TradingSessionID TradingSessionSubID
    """,
    "f": """
        SecurityStatus: <ApplicationSequenceControl> SecurityStatusReqID <Instrument>! <InstrumentExtension>
        <FinancingDetails> <UndInstrmtGrp> <InstrmtLegGrp> Currency MarketID MarketSegmentID TradeDate
        TradingSessionID TradingSessionSubID UnsolicitedIndicator SecurityTradingStatus SecurityTradingEvent
        FinancialStatus CorporateAction HaltReasonInt InViewOfCommon DueToRelated MDBookType MarketDepth
        BuyVolume SellVolume HighPx LowPx LastPx SettlPrice SettlPriceType TransactTime Adjustment FirstPx
        Text EncodedTextLen EncodedText
    """,
    "g": """
        TradingSessionStatusRequest: TradSesReqID! MarketID MarketSegmentID TradingSessionID
        TradingSessionSubID TradSesMethod TradSesMode SubscriptionRequestType! SecurityExchange
    """,
    "h": """
        TradingSessionStatus: <ApplicationSequenceControl> TradSesReqID MarketID MarketSegmentID TradeDate
        TradingSessionID! TradingSessionSubID TradSesMethod TradSesMode UnsolicitedIndicator TradSesStatus!
        TradSesEvent TradSesStatusRejReason TradSesStartTime TradSesOpenTime TradSesPreCloseTime
        TradSesCloseTime TradSesEndTime TotalVolumeTraded TransactTime Text EncodedTextLen EncodedText
        <Instrument>
    """,
}
