"""FIX.5.0SP2: the component blocks of the messages that the exchange speaks.

Notation: see ``protocols.fix.outline``.
"""

from collections.abc import Mapping
from typing import Final

COMPONENTS: Final[Mapping[str, str]] = {
    "AffectedOrdGrp": "NoAffectedOrders(AffectedOrigClOrdID AffectedOrderID AffectedSecondaryOrderID)",
    "ApplicationSequenceControl": "ApplID ApplSeqNum ApplLastSeqNum ApplResendFlag",
    "AttrbGrp": "NoInstrAttrib(InstrAttribType InstrAttribValue)",
    "BaseTradingRules": """
        <TickRules> <LotTypeRules> <PriceLimits> ExpirationCycle MinTradeVol MaxTradeVol MaxPriceVariation
        ImpliedMarketIndicator TradingCurrency RoundLot MultilegModel MultilegPriceMethod PriceType
    """,
    "CommissionData": "Commission CommType CommCurrency CommRate CommUnitOfMeasure FundRenewWaiv",
    "ComplexEventDates": "NoComplexEventDates(ComplexEventStartDate ComplexEventEndDate <ComplexEventTimes>)",
    "ComplexEventTimes": "NoComplexEventTimes(ComplexEventStartTime ComplexEventEndTime)",
    "ComplexEvents": """
        NoComplexEvents(ComplexEventType ComplexOptPayoutAmount ComplexEventPrice
        ComplexEventPriceBoundaryMethod ComplexEventPriceBoundaryPrecision ComplexEventPriceTimeType
        ComplexEventCondition <ComplexEventDates>)
    """,
    "ContAmtGrp": "NoContAmts(ContAmtType ContAmtValue ContAmtCurr)",
    "ContraGrp": "NoContraBrokers(ContraBroker ContraTrader ContraTradeQty ContraTradeTime ContraLegRefID)",
    "DiscretionInstructions": """
        DiscretionInst DiscretionOffsetValue DiscretionMoveType DiscretionOffsetType DiscretionLimitType
        DiscretionRoundDirection DiscretionScope
    """,
    "DisplayInstruction": """
        DisplayQty SecondaryDisplayQty DisplayWhen DisplayMethod DisplayLowQty DisplayHighQty DisplayMinIncr
        RefreshQty
    """,
    "EvntGrp": "NoEvents(EventType EventDate EventTime EventPx EventText)",
    "ExecInstRules": "NoExecInstRules(ExecInstValue)",
    "FillsGrp": "NoFills(FillExecID FillPx FillQty FillLiquidityInd <NestedParties4>)",
    "FinancingDetails": """
        AgreementDesc AgreementID AgreementDate AgreementCurrency TerminationType StartDate EndDate
        DeliveryType MarginRatio
    """,
    "InstrmtGrp": "NoRelatedSym(<Instrument> <InstrumentExtension> <FinancingDetails>)",
    "InstrmtLegExecGrp": """
        NoLegs(<InstrumentLeg> LegOrderQty LegQty LegSwapType <LegStipulations> LegAllocID <LegPreAllocGrp>
        LegPositionEffect LegCoveredOrUncovered <NestedParties3> LegRefID LegSettlType LegSettlDate LegLastPx
        LegSettlCurrency LegLastForwardPoints LegCalculatedCcyLastQty LegGrossTradeAmt LegVolatility
        LegDividendYield LegCurrencyRatio LegExecInst LegLastQty)
    """,
    "InstrmtLegGrp": "NoLegs(<InstrumentLeg>)",
    "InstrmtLegSecListGrp": """
        NoLegs(<InstrumentLeg> LegSwapType LegSettlType <LegStipulations> <LegBenchmarkCurveData>)
    """,
    "InstrmtMDReqGrp": """
        NoRelatedSym(<Instrument>! <InstrumentExtension> <FinancingDetails> <UndInstrmtGrp> <InstrmtLegGrp>
        <SpreadOrBenchmarkCurveData> Currency QuoteType SettlType SettlDate MDEntrySize MDStreamID)
    """,
    "Instrument": """
        Symbol SymbolSfx SecurityID SecurityIDSource <SecAltIDGrp> Product ProductComplex SecurityGroup
        CFICode SecurityType SecuritySubType MaturityMonthYear MaturityDate MaturityTime SettleOnOpenFlag
        InstrmtAssignmentMethod SecurityStatus CouponPaymentDate RestructuringType Seniority
        NotionalPercentageOutstanding OriginalNotionalPercentageOutstanding AttachmentPoint DetachmentPoint
        IssueDate RepoCollateralSecurityType RepurchaseTerm RepurchaseRate Factor CreditRating InstrRegistry
        CountryOfIssue StateOrProvinceOfIssue LocaleOfIssue RedemptionDate StrikePrice StrikeCurrency
        StrikeMultiplier StrikeValue StrikePriceDeterminationMethod StrikePriceBoundaryMethod
        StrikePriceBoundaryPrecision UnderlyingPriceDeterminationMethod OptAttribute ContractMultiplier
        ContractMultiplierUnit FlowScheduleType MinPriceIncrement MinPriceIncrementAmount UnitOfMeasure
        UnitOfMeasureQty PriceUnitOfMeasure PriceUnitOfMeasureQty SettlMethod ExerciseStyle OptPayoutType
        OptPayoutAmount PriceQuoteMethod ValuationMethod ListMethod CapPrice FloorPrice PutOrCall
        FlexibleIndicator FlexProductEligibilityIndicator TimeUnit CouponRate SecurityExchange PositionLimit
        NTPositionLimit Issuer EncodedIssuerLen EncodedIssuer SecurityDesc EncodedSecurityDescLen
        EncodedSecurityDesc <SecurityXML> Pool ContractSettlMonth CPProgram CPRegType <EvntGrp> DatedDate
        InterestAccrualDate <InstrumentParties> <ComplexEvents>
    """,
    "InstrumentExtension": "DeliveryForm PctAtRisk <AttrbGrp>",
    "InstrumentLeg": """
        LegSymbol LegSymbolSfx LegSecurityID LegSecurityIDSource <LegSecAltIDGrp> LegProduct LegCFICode
        LegSecurityType LegSecuritySubType LegMaturityMonthYear LegMaturityDate LegMaturityTime
        LegCouponPaymentDate LegIssueDate LegRepoCollateralSecurityType LegRepurchaseTerm LegRepurchaseRate
        LegFactor LegCreditRating LegInstrRegistry LegCountryOfIssue LegStateOrProvinceOfIssue
        LegLocaleOfIssue LegRedemptionDate LegStrikePrice LegStrikeCurrency LegOptAttribute
        LegContractMultiplier LegContractMultiplierUnit LegFlowScheduleType LegUnitOfMeasure
        LegUnitOfMeasureQty LegPriceUnitOfMeasure LegPriceUnitOfMeasureQty LegTimeUnit LegExerciseStyle
        LegCouponRate LegSecurityExchange LegIssuer EncodedLegIssuerLen EncodedLegIssuer LegSecurityDesc
        EncodedLegSecurityDescLen EncodedLegSecurityDesc LegRatioQty LegSide LegCurrency LegPool LegDatedDate
        LegContractSettlMonth LegInterestAccrualDate LegPutOrCall LegOptionRatio LegPrice
    """,
    "InstrumentParties": """
        NoInstrumentParties(InstrumentPartyID InstrumentPartyIDSource InstrumentPartyRole
        <InstrumentPtysSubGrp>)
    """,
    "InstrumentPtysSubGrp": "NoInstrumentPartySubIDs(InstrumentPartySubID InstrumentPartySubIDType)",
    "LegBenchmarkCurveData": """
        LegBenchmarkCurveCurrency LegBenchmarkCurveName LegBenchmarkCurvePoint LegBenchmarkPrice
        LegBenchmarkPriceType
    """,
    "LegPreAllocGrp": """
        NoLegAllocs(LegAllocAccount LegIndividualAllocID <NestedParties2> LegAllocQty LegAllocAcctIDSource
        LegAllocSettlCurrency)
    """,
    "LegSecAltIDGrp": "NoLegSecurityAltID(LegSecurityAltID LegSecurityAltIDSource)",
    "LegStipulations": "NoLegStipulations(LegStipulationType LegStipulationValue)",
    "LinesOfTextGrp": "NoLinesOfText(Text! EncodedTextLen EncodedText)",
    "LotTypeRules": "NoLotTypeRules(LotType MinLotSize)",
    "MDFullGrp": """
        NoMDEntries(MDEntryType! MDEntryID MDEntryPx PriceType AvgPxIndicator <YieldData>
        <SpreadOrBenchmarkCurveData> OrdType Currency SettlCurrency <RateSource> MDEntrySize <SecSizesGrp>
        LotType MDEntryDate MDEntryTime TickDirection MDMkt TradingSessionID TradingSessionSubID
        SecurityTradingStatus HaltReasonInt QuoteCondition TradeCondition MDEntryOriginator LocationID DeskID
        OpenCloseSettlFlag TimeInForce ExpireDate ExpireTime MinQty ExecInst SellerDays OrderID
        SecondaryOrderID QuoteEntryID TradeID MDEntryBuyer MDEntrySeller NumberOfOrders MDEntryPositionNo
        Scope PriceDelta TrdType TrdSubType SecondaryTrdType MatchType OrderCategory TradePublishIndicator
        PreviouslyReported Text EncodedTextLen EncodedText MDPriceLevel OrderCapacity MDOriginType HighPx
        LowPx FirstPx LastPx TradeVolume <PriceLimits> MaxPriceVariation SettlPriceType SettlType SettlDate
        MDQuoteType RptSeq DealingCapacity MDEntrySpotRate MDEntryForwardPoints <Parties> LegRefID)
    """,
    "MDIncGrp": """
        NoMDEntries(MDUpdateAction! DeleteReason MDSubBookType MarketDepth MDEntryType MDEntryID MDEntryRefID
        MDStreamID <Instrument> <InstrumentExtension> <FinancingDetails> <UndInstrmtGrp> <InstrmtLegGrp>
        FinancialStatus CorporateAction MDEntryPx PriceType AvgPxIndicator <YieldData>
        <SpreadOrBenchmarkCurveData> OrdType Currency SettlCurrency <RateSource> MDEntrySize <SecSizesGrp>
        LotType MDEntryDate MDEntryTime TickDirection MDMkt TradingSessionID TradingSessionSubID
        SecurityTradingStatus HaltReasonInt QuoteCondition TradeCondition TrdType TrdSubType SecondaryTrdType
        MatchType OrderCategory TradePublishIndicator PreviouslyReported MDEntryOriginator LocationID DeskID
        OpenCloseSettlFlag TimeInForce ExpireDate ExpireTime MinQty ExecInst SellerDays OrderID
        SecondaryOrderID QuoteEntryID TradeID MDEntryBuyer MDEntrySeller NumberOfOrders MDEntryPositionNo
        Scope PriceDelta NetChgPrevDay Text EncodedTextLen EncodedText MDPriceLevel OrderCapacity MDOriginType
        HighPx LowPx FirstPx LastPx TradeVolume <PriceLimits> MaxPriceVariation SettlPriceType SettlType
        SettlDate TransBkdTime TransactTime MDQuoteType RptSeq DealingCapacity MDEntrySpotRate
        MDEntryForwardPoints <StatsIndGrp> <Parties>)
    """,
    "MDReqGrp": "NoMDEntryTypes(MDEntryType!)",
    "MDRjctGrp": "NoAltMDSource(AltMDSourceID)",
    "MarketDataFeedTypes": "NoMDFeedTypes(MDFeedType MarketDepth MDBookType MDSubBookType)",
    "MarketSegmentGrp": "NoMarketSegments(MarketID MarketSegmentID <SecurityTradingRules> <StrikeRules>)",
    "MarketSegmentScopeGrp": "NoMarketSegments(MarketID MarketSegmentID)",
    "MatchRules": "NoMatchRules(MatchAlgorithm MatchType)",
    "MaturityRules": """
        NoMaturityRules(MaturityRuleID MaturityMonthYearFormat MaturityMonthYearIncrementUnits
        StartMaturityMonthYear EndMaturityMonthYear MaturityMonthYearIncrement)
    """,
    "MiscFeesGrp": "NoMiscFees(MiscFeeAmt MiscFeeCurr MiscFeeType MiscFeeBasis)",
    "NestedInstrumentAttribute": "NoNestedInstrAttrib(NestedInstrAttribType NestedInstrAttribValue)",
    "NestedParties": "NoNestedPartyIDs(NestedPartyID NestedPartyIDSource NestedPartyRole <NstdPtysSubGrp>)",
    "NestedParties2": """
        NoNested2PartyIDs(Nested2PartyID Nested2PartyIDSource Nested2PartyRole <NstdPtys2SubGrp>)
    """,
    "NestedParties3": """
        NoNested3PartyIDs(Nested3PartyID Nested3PartyIDSource Nested3PartyRole <NstdPtys3SubGrp>)
    """,
    "NestedParties4": """
        NoNested4PartyIDs(Nested4PartyID Nested4PartyIDSource Nested4PartyRole <NstdPtys4SubGrp>)
    """,
    "NewsRefGrp": "NoNewsRefIDs(NewsRefID NewsRefType)",
    "NotAffectedOrdGrp": "NoNotAffectedOrders(NotAffOrigClOrdID NotAffectedOrderID)",
    "NstdPtys2SubGrp": "NoNested2PartySubIDs(Nested2PartySubID Nested2PartySubIDType)",
    "NstdPtys3SubGrp": "NoNested3PartySubIDs(Nested3PartySubID Nested3PartySubIDType)",
    "NstdPtys4SubGrp": "NoNested4PartySubIDs(Nested4PartySubID Nested4PartySubIDType)",
    "NstdPtysSubGrp": "NoNestedPartySubIDs(NestedPartySubID NestedPartySubIDType)",
    "OrdTypeRules": "NoOrdTypeRules(OrdType)",
    "OrderQtyData": "OrderQty CashOrderQty OrderPercent RoundingDirection RoundingModulus",
    "Parties": "NoPartyIDs(PartyID PartyIDSource PartyRole <PtysSubGrp>)",
    "PegInstructions": """
        PegOffsetValue PegPriceType PegMoveType PegOffsetType PegLimitType PegRoundDirection PegScope
        PegSecurityIDSource PegSecurityID PegSymbol PegSecurityDesc
    """,
    "PreAllocGrp": """
        NoAllocs(AllocAccount AllocAcctIDSource AllocSettlCurrency IndividualAllocID <NestedParties>
        AllocHandlInst AllocQty)
    """,
    "PriceLimits": "PriceLimitType LowLimitPrice HighLimitPrice TradingReferencePrice",
    "PtysSubGrp": "NoPartySubIDs(PartySubID PartySubIDType)",
    "RateSource": "NoRateSources(RateSource RateSourceType ReferencePage)",
    "RoutingGrp": "NoRoutingIDs(RoutingType RoutingID)",
    "SecAltIDGrp": "NoSecurityAltID(SecurityAltID SecurityAltIDSource)",
    "SecListGrp": """
        NoRelatedSym(<Instrument> <InstrumentExtension> <FinancingDetails> <SecurityTradingRules>
        <StrikeRules> <UndInstrmtGrp> Currency <Stipulations> <InstrmtLegSecListGrp>
        <SpreadOrBenchmarkCurveData> <YieldData> Text EncodedTextLen EncodedText)
    """,
    "SecSizesGrp": "NoOfSecSizes(MDSecSizeType MDSecSize)",
    "SecurityTradingRules": "<BaseTradingRules> <TradingSessionRulesGrp> <NestedInstrumentAttribute>",
    "SecurityXML": "SecurityXMLLen SecurityXML SecurityXMLSchema",
    "SpreadOrBenchmarkCurveData": """
        Spread BenchmarkCurveCurrency BenchmarkCurveName BenchmarkCurvePoint BenchmarkPrice BenchmarkPriceType
        BenchmarkSecurityID BenchmarkSecurityIDSource
    """,
    "StatsIndGrp": "NoStatsIndicators(StatsType)",
    "Stipulations": "NoStipulations(StipulationType StipulationValue)",
    "StrategyParametersGrp": """
        NoStrategyParameters(StrategyParameterName StrategyParameterType StrategyParameterValue)
    """,
    "StrikeRules": """
        NoStrikeRules(StrikeRuleID StartStrikePxRange EndStrikePxRange StrikeIncrement StrikeExerciseStyle
        <MaturityRules>)
    """,
    "TargetParties": "NoTargetPartyIDs(TargetPartyID TargetPartyIDSource TargetPartyRole)",
    "TickRules": "NoTickRules(StartTickPriceRange EndTickPriceRange TickIncrement TickRuleType)",
    "TimeInForceRules": "NoTimeInForceRules(TimeInForce)",
    "TradingSessionRules": """
        <OrdTypeRules> <TimeInForceRules> <ExecInstRules> <MatchRules> <MarketDataFeedTypes>
    """,
    "TradingSessionRulesGrp": """
        NoTradingSessionRules(TradingSessionID TradingSessionSubID <TradingSessionRules>)
    """,
    "TrdRegTimestamps": """
        NoTrdRegTimestamps(TrdRegTimestamp TrdRegTimestampType TrdRegTimestampOrigin DeskType DeskTypeSource
        DeskOrderHandlingInst)
    """,
    "TrdgSesGrp": "NoTradingSessions(TradingSessionID TradingSessionSubID)",
    "TriggeringInstruction": """
        TriggerType TriggerAction TriggerPrice TriggerSymbol TriggerSecurityID TriggerSecurityIDSource
        TriggerSecurityDesc TriggerPriceType TriggerPriceTypeScope TriggerPriceDirection TriggerNewPrice
        TriggerOrderType TriggerNewQty TriggerTradingSessionID TriggerTradingSessionSubID
    """,
    "UndInstrmtGrp": "NoUnderlyings(<UnderlyingInstrument>)",
    "UndSecAltIDGrp": "NoUnderlyingSecurityAltID(UnderlyingSecurityAltID UnderlyingSecurityAltIDSource)",
    "UnderlyingInstrument": """
        UnderlyingSymbol UnderlyingSymbolSfx UnderlyingSecurityID UnderlyingSecurityIDSource <UndSecAltIDGrp>
        UnderlyingProduct UnderlyingCFICode UnderlyingSecurityType UnderlyingSecuritySubType
        UnderlyingMaturityMonthYear UnderlyingMaturityDate UnderlyingMaturityTime UnderlyingCouponPaymentDate
        UnderlyingRestructuringType UnderlyingSeniority UnderlyingNotionalPercentageOutstanding
        UnderlyingOriginalNotionalPercentageOutstanding UnderlyingAttachmentPoint UnderlyingDetachmentPoint
        UnderlyingIssueDate UnderlyingRepoCollateralSecurityType UnderlyingRepurchaseTerm
        UnderlyingRepurchaseRate UnderlyingFactor UnderlyingCreditRating UnderlyingInstrRegistry
        UnderlyingCountryOfIssue UnderlyingStateOrProvinceOfIssue UnderlyingLocaleOfIssue
        UnderlyingRedemptionDate UnderlyingStrikePrice UnderlyingStrikeCurrency UnderlyingOptAttribute
        UnderlyingContractMultiplier UnderlyingContractMultiplierUnit UnderlyingFlowScheduleType
        UnderlyingUnitOfMeasure UnderlyingUnitOfMeasureQty UnderlyingPriceUnitOfMeasure
        UnderlyingPriceUnitOfMeasureQty UnderlyingTimeUnit UnderlyingExerciseStyle UnderlyingCouponRate
        UnderlyingSecurityExchange UnderlyingIssuer EncodedUnderlyingIssuerLen EncodedUnderlyingIssuer
        UnderlyingSecurityDesc EncodedUnderlyingSecurityDescLen EncodedUnderlyingSecurityDesc
        UnderlyingCPProgram UnderlyingCPRegType UnderlyingAllocationPercent UnderlyingCurrency UnderlyingQty
        UnderlyingSettlementType UnderlyingCashAmount UnderlyingCashType UnderlyingPx UnderlyingDirtyPrice
        UnderlyingEndPrice UnderlyingStartValue UnderlyingCurrentValue UnderlyingEndValue
        <UnderlyingStipulations> UnderlyingAdjustedQuantity UnderlyingFXRate UnderlyingFXRateCalc
        UnderlyingCapValue <UndlyInstrumentParties> UnderlyingSettlMethod UnderlyingPutOrCall
    """,
    "UnderlyingStipulations": "NoUnderlyingStips(UnderlyingStipType UnderlyingStipValue)",
    "UndlyInstrumentParties": """
        NoUndlyInstrumentParties(UnderlyingInstrumentPartyID UnderlyingInstrumentPartyIDSource
        UnderlyingInstrumentPartyRole <UndlyInstrumentPtysSubGrp>)
    """,
    "UndlyInstrumentPtysSubGrp": """
        NoUndlyInstrumentPartySubIDs(UnderlyingInstrumentPartySubID UnderlyingInstrumentPartySubIDType)
    """,
    "YieldData": """
        YieldType Yield YieldCalcDate YieldRedemptionDate YieldRedemptionPrice YieldRedemptionPriceType
    """,
}
