"""FIX.5.0SP2: fields by type. Tags up to 1500: the service pack without most of the extension packs after it.

Notation: see ``protocols.fix.outline``.
"""

from collections.abc import Mapping
from typing import Final

FIELDS: Final[Mapping[str, str]] = {
    "AMT": """
        12 Commission 118 NetMoney 119 SettlCurrAmt 137 MiscFeeAmt 159 AccruedInterestAmt 237 TotalTakedown
        238 Concession 381 GrossTradeAmt 738 InterestAtMaturity 884 UnderlyingStartValue
        885 UnderlyingCurrentValue 886 UnderlyingEndValue 920 EndAccruedInterestAmt 921 StartCash 922 EndCash
        973 UnderlyingCashAmount 1038 UnderlyingCapValue 1075 LegGrossTradeAmt 1146 MinPriceIncrementAmount
        1195 OptPayoutAmount 1485 ComplexOptPayoutAmount
    """,
    "BOOLEAN": """
        113 ReportToExch 114 LocateReqd 121 ForexReq 258 TradedFlatSwitch 266 AggregatedBook
        325 UnsolicitedIndicator 328 InViewOfCommon 329 DueToRelated 377 SolicitedFlag 547 MDImplicitDelete
        570 PreviouslyReported 636 WorkingIndicator 797 CopyMsgIndicator 893 LastFragment 912 LastRptRequested
        1028 ManualOrderIndicator 1029 CustDirectedOrder 1057 AggressorIndicator 1091 PreTradeAnonymity
        1187 RefreshIndicator 1242 FlexProductEligibilityIndicator 1244 FlexibleIndicator 1352 ApplResendFlag
    """,
    "CHAR": """
        13 CommType 21 HandlInst 29 LastCapacity 39 OrdStatus 40 OrdType 54 Side 59 TimeInForce 61 Urgency
        77 PositionEffect 81 ProcessCode 150 ExecType 156 SettlCurrFxRateCalc 206 OptAttribute
        263 SubscriptionRequestType 269 MDEntryType 274 TickDirection 279 MDUpdateAction 281 MDReqRejReason
        285 DeleteReason 317 UnderlyingOptAttribute 388 DiscretionInst 434 CxlRejResponseTo
        442 MultiLegReportingType 447 PartyIDSource 468 RoundingDirection 480 CancellationRights
        481 MoneyLaunderingStatus 484 ExecPriceType 497 FundRenewWaiv 525 NestedPartyIDSource
        528 OrderCapacity 530 MassCancelRequestType 531 MassCancelResponse 544 CashMargin
        564 LegPositionEffect 589 DayBookingInst 590 BookingUnit 591 PreallocMethod 613 LegOptAttribute
        624 LegSide 758 Nested2PartyIDSource 950 Nested3PartyIDSource 1046 UnderlyingFXRateCalc
        1048 DealingCapacity 1049 InstrmtAssignmentMethod 1050 InstrumentPartyIDSource
        1060 UnderlyingInstrumentPartyIDSource 1081 RefOrderIDSource 1083 DisplayWhen 1084 DisplayMethod
        1092 PriceProtectionScope 1093 LotType 1100 TriggerType 1101 TriggerAction 1107 TriggerPriceType
        1108 TriggerPriceTypeScope 1109 TriggerPriceDirection 1111 TriggerOrderType 1115 OrderCategory
        1133 ExDestinationIDSource 1416 Nested4PartyIDSource 1430 VenueType 1463 TargetPartyIDSource
    """,
    "COUNTRY": "470 CountryOfIssue 592 UnderlyingCountryOfIssue 596 LegCountryOfIssue",
    "CURRENCY": """
        15 Currency 120 SettlCurrency 138 MiscFeeCurr 220 BenchmarkCurveCurrency 318 UnderlyingCurrency
        479 CommCurrency 521 ContAmtCurr 556 LegCurrency 675 LegSettlCurrency 676 LegBenchmarkCurveCurrency
        736 AllocSettlCurrency 918 AgreementCurrency 941 UnderlyingStrikeCurrency 942 LegStrikeCurrency
        947 StrikeCurrency 1245 TradingCurrency 1367 LegAllocSettlCurrency
    """,
    "DATA": """
        96 RawData 349 EncodedIssuer 351 EncodedSecurityDesc 355 EncodedText 359 EncodedHeadline
        363 EncodedUnderlyingIssuer 365 EncodedUnderlyingSecurityDesc 619 EncodedLegIssuer
        622 EncodedLegSecurityDesc 1469 EncodedSecurityListDesc
    """,
    "EXCHANGE": """
        30 LastMkt 100 ExDestination 207 SecurityExchange 275 MDMkt 308 UnderlyingSecurityExchange
        616 LegSecurityExchange 1301 MarketID
    """,
    "FLOAT": """
        155 SettlCurrFxRate 211 PegOffsetValue 228 Factor 231 ContractMultiplier 246 UnderlyingFactor
        253 LegFactor 389 DiscretionOffsetValue 436 UnderlyingContractMultiplier 469 RoundingModulus
        485 ExecPriceAdjustment 520 ContAmtValue 614 LegContractMultiplier 623 LegRatioQty 811 PriceDelta
        850 TargetStrategyPerformance 967 StrikeMultiplier 968 StrikeValue 969 MinPriceIncrement
        1017 LegOptionRatio 1026 MDEntrySpotRate 1045 UnderlyingFXRate 1143 MaxPriceVariation 1188 Volatility
        1189 TimeToExpiration 1190 RiskFreeRate 1204 StrikeIncrement 1233 CommRate 1379 LegVolatility
        1383 LegCurrencyRatio
    """,
    "INT": """
        83 RptSeq 102 CxlRejReason 103 OrdRejReason 157 NumDaysInterest 201 PutOrCall 203 CoveredOrUncovered
        209 AllocHandlInst 216 RoutingType 226 RepurchaseTerm 244 UnderlyingRepurchaseTerm
        251 LegRepurchaseTerm 264 MarketDepth 265 MDUpdateType 287 SellerDays 290 MDEntryPositionNo
        315 UnderlyingPutOrCall 321 SecurityRequestType 323 SecurityResponseType 326 SecurityTradingStatus
        327 HaltReasonInt 334 Adjustment 338 TradSesMethod 339 TradSesMode 340 TradSesStatus
        346 NumberOfOrders 378 ExecRestatementReason 380 BusinessRejectReason 393 TotNoRelatedSym
        423 PriceType 427 GTBookingInst 452 PartyRole 460 Product 462 UnderlyingProduct 519 ContAmtType
        522 OwnerType 532 MassCancelRejectReason 533 TotalAffectedOrders 537 QuoteType 538 NestedPartyRole
        549 CrossType 559 SecurityListRequestType 560 SecurityRequestResult 565 LegCoveredOrUncovered
        567 TradSesStatusRejReason 581 AccountType 582 CustOrderCapacity 585 MassStatusReqType 607 LegProduct
        638 PriorityIndicator 660 AcctIDSource 661 AllocAcctIDSource 663 BenchmarkPriceType 668 DeliveryForm
        674 LegAllocAcctIDSource 680 LegBenchmarkPriceType 690 LegSwapType 698 YieldRedemptionPriceType
        731 SettlPriceType 759 Nested2PartyRole 770 TrdRegTimestampType 775 BookingType 788 TerminationType
        803 PartySubIDType 805 NestedPartySubIDType 807 Nested2PartySubIDType 812 ApplQueueMax
        813 ApplQueueDepth 814 ApplQueueResolution 815 ApplQueueAction 819 AvgPxIndicator 827 ExpirationCycle
        828 TrdType 829 TrdSubType 835 PegMoveType 836 PegOffsetType 837 PegLimitType 838 PegRoundDirection
        840 PegScope 841 DiscretionMoveType 842 DiscretionOffsetType 843 DiscretionLimitType
        844 DiscretionRoundDirection 846 DiscretionScope 847 TargetStrategy 851 LastLiquidityInd 854 QtyType
        855 SecondaryTrdType 865 EventType 871 InstrAttribType 875 CPProgram 877 UnderlyingCPProgram
        891 MiscFeeBasis 911 TotNumReports 919 DeliveryType 951 Nested3PartyRole 954 Nested3PartySubIDType
        959 StrategyParameterType 963 MDReportID 964 SecurityReportID 970 PositionLimit 971 NTPositionLimit
        975 UnderlyingSettlementType 1021 MDBookType 1023 MDPriceLevel 1024 MDOriginType
        1032 OrderHandlingInstSource 1034 DeskTypeSource 1051 InstrumentPartyRole
        1054 InstrumentPartySubIDType 1061 UnderlyingInstrumentPartyRole
        1064 UnderlyingInstrumentPartySubIDType 1070 MDQuoteType 1090 MaxPriceLevels 1094 PegPriceType
        1144 ImpliedMarketIndicator 1173 MDSubBookType 1174 SecurityTradingEvent 1176 StatsType
        1178 MDSecSizeType 1194 ExerciseStyle 1198 ListMethod 1209 TickRuleType 1210 NestedInstrAttribType
        1229 MaturityMonthYearIncrement 1302 MaturityMonthYearIncrementUnits 1303 MaturityMonthYearFormat
        1304 StrikeExerciseStyle 1306 PriceLimitType 1358 LegPutOrCall 1361 TotNoFills 1368 TradSesEvent
        1377 MultilegModel 1378 MultilegPriceMethod 1385 ContingencyType 1390 TradePublishIndicator
        1406 RefApplExtID 1411 Nested4PartySubIDType 1417 Nested4PartyRole 1419 UnderlyingExerciseStyle
        1420 LegExerciseStyle 1435 ContractMultiplierUnit 1436 LegContractMultiplierUnit
        1437 UnderlyingContractMultiplierUnit 1439 FlowScheduleType 1440 LegFlowScheduleType
        1441 UnderlyingFlowScheduleType 1443 FillLiquidityInd 1446 RateSource 1447 RateSourceType
        1464 TargetPartyRole 1470 SecurityListType 1471 SecurityListTypeSource 1473 NewsCategory
        1477 NewsRefType 1478 StrikePriceDeterminationMethod 1479 StrikePriceBoundaryMethod
        1481 UnderlyingPriceDeterminationMethod 1482 OptPayoutType 1484 ComplexEventType
        1487 ComplexEventPriceBoundaryMethod 1489 ComplexEventPriceTimeType 1490 ComplexEventCondition
    """,
    "LANGUAGE": "1474 LanguageCode",
    "LENGTH": """
        95 RawDataLength 348 EncodedIssuerLen 350 EncodedSecurityDescLen 354 EncodedTextLen
        358 EncodedHeadlineLen 362 EncodedUnderlyingIssuerLen 364 EncodedUnderlyingSecurityDescLen
        618 EncodedLegIssuerLen 621 EncodedLegSecurityDescLen 1184 SecurityXMLLen
        1468 EncodedSecurityListDescLen
    """,
    "LOCALMKTDATE": """
        64 SettlDate 75 TradeDate 193 SettlDate2 224 CouponPaymentDate 225 IssueDate 229 TradeOriginationDate
        230 ExDate 240 RedemptionDate 241 UnderlyingCouponPaymentDate 242 UnderlyingIssueDate
        247 UnderlyingRedemptionDate 248 LegCouponPaymentDate 249 LegIssueDate 254 LegRedemptionDate
        259 BasisFeatureDate 432 ExpireDate 541 MaturityDate 542 UnderlyingMaturityDate 588 LegSettlDate
        611 LegMaturityDate 696 YieldRedemptionDate 701 YieldCalcDate 715 ClearingBusinessDate
        739 LegDatedDate 866 EventDate 873 DatedDate 874 InterestAccrualDate 915 AgreementDate 916 StartDate
        917 EndDate 956 LegInterestAccrualDate
    """,
    "MONTHYEAR": """
        200 MaturityMonthYear 313 UnderlyingMaturityMonthYear 610 LegMaturityMonthYear 667 ContractSettlMonth
        955 LegContractSettlMonth 1226 EndMaturityMonthYear 1241 StartMaturityMonthYear
    """,
    "MULTIPLECHARVALUE": """
        18 ExecInst 286 OpenCloseSettlFlag 291 FinancialStatus 292 CorporateAction 529 OrderRestrictions
        546 Scope 1308 ExecInstValue 1384 LegExecInst
    """,
    "MULTIPLESTRINGVALUE": """
        276 QuoteCondition 277 TradeCondition 1031 CustOrderHandlingInst 1035 DeskOrderHandlingInst
    """,
    "NUMINGROUP": """
        534 NoAffectedOrders
        33 NoLinesOfText 78 NoAllocs 136 NoMiscFees 146 NoRelatedSym 215 NoRoutingIDs 232 NoStipulations
        267 NoMDEntryTypes 268 NoMDEntries 382 NoContraBrokers 386 NoTradingSessions 453 NoPartyIDs
        454 NoSecurityAltID 457 NoUnderlyingSecurityAltID 518 NoContAmts 539 NoNestedPartyIDs 555 NoLegs
        604 NoLegSecurityAltID 670 NoLegAllocs 683 NoLegStipulations 711 NoUnderlyings 756 NoNested2PartyIDs
        768 NoTrdRegTimestamps 802 NoPartySubIDs 804 NoNestedPartySubIDs 806 NoNested2PartySubIDs
        816 NoAltMDSource 864 NoEvents 870 NoInstrAttrib 887 NoUnderlyingStips 948 NoNested3PartyIDs
        952 NoNested3PartySubIDs 957 NoStrategyParameters 1018 NoInstrumentParties
        1052 NoInstrumentPartySubIDs 1058 NoUndlyInstrumentParties 1062 NoUndlyInstrumentPartySubIDs
        1141 NoMDFeedTypes 1175 NoStatsIndicators 1177 NoOfSecSizes 1201 NoStrikeRules 1205 NoTickRules
        1232 NoExecInstRules 1234 NoLotTypeRules 1235 NoMatchRules 1236 NoMaturityRules 1237 NoOrdTypeRules
        1239 NoTimeInForceRules 1309 NoTradingSessionRules 1310 NoMarketSegments 1312 NoNestedInstrAttrib
        1362 NoFills 1370 NoNotAffectedOrders 1413 NoNested4PartySubIDs 1414 NoNested4PartyIDs
        1445 NoRateSources 1461 NoTargetPartyIDs 1475 NoNewsRefIDs 1483 NoComplexEvents
        1491 NoComplexEventDates 1494 NoComplexEventTimes
    """,
    "PERCENTAGE": """
        158 AccruedInterestRate 223 CouponRate 227 RepurchaseRate 236 Yield 245 UnderlyingRepurchaseRate
        252 LegRepurchaseRate 435 UnderlyingCouponRate 516 OrderPercent 615 LegCouponRate
        849 ParticipationRate 869 PctAtRisk 898 MarginRatio 972 UnderlyingAllocationPercent 1380 DividendYield
        1381 LegDividendYield 1451 NotionalPercentageOutstanding 1452 OriginalNotionalPercentageOutstanding
        1455 UnderlyingNotionalPercentageOutstanding 1456 UnderlyingOriginalNotionalPercentageOutstanding
        1457 AttachmentPoint 1458 DetachmentPoint 1459 UnderlyingAttachmentPoint
        1460 UnderlyingDetachmentPoint 1480 StrikePriceBoundaryPrecision
        1488 ComplexEventPriceBoundaryPrecision
    """,
    "PRICE": """
        6 AvgPx 31 LastPx 44 Price 99 StopPx 140 PrevClosePx 194 LastSpotRate 202 StrikePrice
        260 BasisFeaturePrice 270 MDEntryPx 316 UnderlyingStrikePrice 332 HighPx 333 LowPx 426 DayAvgPx
        566 LegPrice 612 LegStrikePrice 631 MidPx 637 LegLastPx 640 Price2 651 UnderlyingLastPx
        662 BenchmarkPrice 669 LastParPx 679 LegBenchmarkPrice 697 YieldRedemptionPrice 730 SettlPrice
        734 PriorSettlPrice 810 UnderlyingPx 839 PeggedPrice 845 DiscretionPrice 867 EventPx
        882 UnderlyingDirtyPrice 883 UnderlyingEndPrice 1025 FirstPx 1095 PeggedRefPrice 1102 TriggerPrice
        1110 TriggerNewPrice 1148 LowLimitPrice 1149 HighLimitPrice 1150 TradingReferencePrice 1199 CapPrice
        1200 FloorPrice 1202 StartStrikePxRange 1203 EndStrikePxRange 1206 StartTickPriceRange
        1207 EndTickPriceRange 1208 TickIncrement 1364 FillPx 1486 ComplexEventPrice
    """,
    "PRICEOFFSET": """
        195 LastForwardPoints 218 Spread 451 NetChgPrevDay 639 PriceImprovement 641 LastForwardPoints2
        1027 MDEntryForwardPoints 1071 LastSwapPoints 1073 LegLastForwardPoints
    """,
    "QTY": """
        14 CumQty 32 LastQty 38 OrderQty 80 AllocQty 84 CxlQty 110 MinQty 111 MaxFloor 151 LeavesQty
        152 CashOrderQty 192 OrderQty2 210 MaxShow 271 MDEntrySize 330 BuyVolume 331 SellVolume
        387 TotalVolumeTraded 424 DayOrderQty 425 DayCumQty 437 ContraTradeQty 561 RoundLot 562 MinTradeVol
        652 UnderlyingLastQty 673 LegAllocQty 685 LegOrderQty 687 LegQty 879 UnderlyingQty 1020 TradeVolume
        1044 UnderlyingAdjustedQuantity 1056 CalculatedCcyLastQty 1074 LegCalculatedCcyLastQty
        1082 SecondaryDisplayQty 1085 DisplayLowQty 1086 DisplayHighQty 1087 DisplayMinIncr 1088 RefreshQty
        1089 MatchIncrement 1112 TriggerNewQty 1138 DisplayQty 1140 MaxTradeVol 1147 UnitOfMeasureQty
        1179 MDSecSize 1192 PriceUnitOfMeasureQty 1224 LegUnitOfMeasureQty 1231 MinLotSize 1365 FillQty
        1418 LegLastQty 1422 LegPriceUnitOfMeasureQty 1423 UnderlyingUnitOfMeasureQty
        1425 UnderlyingPriceUnitOfMeasureQty
    """,
    "SEQNUM": "45 RefSeqNum 1181 ApplSeqNum 1350 ApplLastSeqNum",
    "STRING": """
        1 Account 11 ClOrdID 17 ExecID 19 ExecRefID 22 SecurityIDSource 23 IOIID 37 OrderID 41 OrigClOrdID
        48 SecurityID 55 Symbol 58 Text 63 SettlType 65 SymbolSfx 66 ListID 70 AllocID 79 AllocAccount
        106 Issuer 107 SecurityDesc 117 QuoteID 139 MiscFeeType 148 Headline 149 URLLink 167 SecurityType
        198 SecondaryOrderID 217 RoutingID 221 BenchmarkCurveName 222 BenchmarkCurvePoint 233 StipulationType
        234 StipulationValue 235 YieldType 239 RepoCollateralSecurityType
        243 UnderlyingRepoCollateralSecurityType 250 LegRepoCollateralSecurityType 255 CreditRating
        256 UnderlyingCreditRating 257 LegCreditRating 262 MDReqID 278 MDEntryID 280 MDEntryRefID
        282 MDEntryOriginator 283 LocationID 284 DeskID 288 MDEntryBuyer 289 MDEntrySeller 299 QuoteEntryID
        305 UnderlyingSecurityIDSource 306 UnderlyingIssuer 307 UnderlyingSecurityDesc
        309 UnderlyingSecurityID 310 UnderlyingSecurityType 311 UnderlyingSymbol 312 UnderlyingSymbolSfx
        320 SecurityReqID 322 SecurityResponseID 324 SecurityStatusReqID 335 TradSesReqID 336 TradingSessionID
        337 ContraTrader 372 RefMsgType 375 ContraBroker 376 ComplianceID 379 BusinessRejectRefID 448 PartyID
        455 SecurityAltID 456 SecurityAltIDSource 458 UnderlyingSecurityAltID
        459 UnderlyingSecurityAltIDSource 461 CFICode 463 UnderlyingCFICode 467 IndividualAllocID
        471 StateOrProvinceOfIssue 472 LocaleOfIssue 494 Designation 513 RegistID 523 PartySubID
        524 NestedPartyID 526 SecondaryClOrdID 527 SecondaryExecID 535 AffectedOrderID
        536 AffectedSecondaryOrderID 1824 AffectedOrigClOrdID
        536 AffectedSecondaryOrderID 543 InstrRegistry 545 NestedPartySubID 548 CrossID 551 OrigCrossID
        574 MatchType 583 ClOrdLinkID 584 MassStatusReqID 587 LegSettlType
        593 UnderlyingStateOrProvinceOfIssue 594 UnderlyingLocaleOfIssue 595 UnderlyingInstrRegistry
        597 LegStateOrProvinceOfIssue 598 LegLocaleOfIssue 599 LegInstrRegistry 600 LegSymbol 601 LegSymbolSfx
        602 LegSecurityID 603 LegSecurityIDSource 605 LegSecurityAltID 606 LegSecurityAltIDSource
        608 LegCFICode 609 LegSecurityType 617 LegIssuer 620 LegSecurityDesc 625 TradingSessionSubID
        635 ClearingFeeIndicator 654 LegRefID 655 ContraLegRefID 671 LegAllocAccount 672 LegIndividualAllocID
        677 LegBenchmarkCurveName 678 LegBenchmarkCurvePoint 688 LegStipulationType 689 LegStipulationValue
        691 Pool 693 QuoteRespID 699 BenchmarkSecurityID 740 LegPool 757 Nested2PartyID 760 Nested2PartySubID
        761 BenchmarkSecurityIDSource 762 SecuritySubType 763 UnderlyingSecuritySubType 764 LegSecuritySubType
        771 TrdRegTimestampOrigin 790 OrdStatusReqID 817 AltMDSourceID 848 TargetStrategyParameters
        868 EventText 872 InstrAttribValue 876 CPRegType 878 UnderlyingCPRegType 880 TrdMatchID
        888 UnderlyingStipType 889 UnderlyingStipValue 913 AgreementDesc 914 AgreementID 943 TimeBracket
        949 Nested3PartyID 953 Nested3PartySubID 958 StrategyParameterName 960 StrategyParameterValue
        961 HostCrossID 965 SecurityStatus 966 SettleOnOpenFlag 974 UnderlyingCashType 996 UnitOfMeasure
        997 TimeUnit 998 UnderlyingUnitOfMeasure 999 LegUnitOfMeasure 1000 UnderlyingTimeUnit 1001 LegTimeUnit
        1003 TradeID 1019 InstrumentPartyID 1022 MDFeedType 1030 ReceivedDeptID 1033 DeskType
        1039 UnderlyingSettlMethod 1053 InstrumentPartySubID 1059 UnderlyingInstrumentPartyID
        1063 UnderlyingInstrumentPartySubID 1080 RefOrderID 1096 PegSecurityIDSource 1097 PegSecurityID
        1098 PegSymbol 1099 PegSecurityDesc 1103 TriggerSymbol 1104 TriggerSecurityID
        1105 TriggerSecurityIDSource 1106 TriggerSecurityDesc 1113 TriggerTradingSessionID
        1114 TriggerTradingSessionSubID 1130 RefApplVerID 1131 RefCstmApplVerID 1142 MatchAlgorithm
        1151 SecurityGroup 1166 QuoteMsgID 1180 ApplID 1186 SecurityXMLSchema 1191 PriceUnitOfMeasure
        1193 SettlMethod 1196 PriceQuoteMethod 1197 ValuationMethod 1211 NestedInstrAttribValue
        1222 MaturityRuleID 1223 StrikeRuleID 1227 ProductComplex 1238 CommUnitOfMeasure 1300 MarketSegmentID
        1328 RejectText 1363 FillExecID 1366 LegAllocID 1369 MassActionReportID 1371 NotAffectedOrderID
        1372 NotAffOrigClOrdID 1412 Nested4PartySubID 1415 Nested4PartyID 1421 LegPriceUnitOfMeasure
        1424 UnderlyingPriceUnitOfMeasure 1448 ReferencePage 1449 RestructuringType 1450 Seniority
        1453 UnderlyingRestructuringType 1454 UnderlyingSeniority 1462 TargetPartyID 1465 SecurityListID
        1466 SecurityListRefID 1467 SecurityListDesc 1472 NewsID 1476 NewsRefID 1500 MDStreamID
    """,
    "TZTIMEONLY": "1079 MaturityTime 1212 LegMaturityTime 1213 UnderlyingMaturityTime",
    "UTCDATEONLY": "272 MDEntryDate 1492 ComplexEventStartDate 1493 ComplexEventEndDate",
    "UTCTIMEONLY": "273 MDEntryTime 1495 ComplexEventStartTime 1496 ComplexEventEndTime",
    "UTCTIMESTAMP": """
        42 OrigTime 60 TransactTime 126 ExpireTime 168 EffectiveTime 341 TradSesStartTime 342 TradSesOpenTime
        343 TradSesPreCloseTime 344 TradSesCloseTime 345 TradSesEndTime 438 ContraTradeTime 483 TransBkdTime
        515 ExecValuationPoint 586 OrigOrdModTime 769 TrdRegTimestamp 779 LastUpdateTime 1145 EventTime
    """,
    "XMLDATA": "1185 SecurityXML",
}
