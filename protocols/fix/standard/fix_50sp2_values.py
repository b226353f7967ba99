"""FIX.5.0SP2: the codes that a field may have, those of later extension packs included.

Notation: see ``protocols.fix.outline``.
"""

from collections.abc import Mapping
from typing import Final

VALUES: Final[Mapping[str, str]] = {
    "CommType": "1..8",
    "ExecInst": "0..9 A..Z a..z",
    "HandlInst": "1..3",
    "SecurityIDSource": "1..9 A..N P..Y",
    "LastCapacity": "1..5",
    "OrdStatus": "0..9 A..E",
    "OrdType": "1..9 A..M P..S",
    "Side": "1..9 A..H",
    "TimeInForce": "0..9 A..C",
    "Urgency": "0..2",
    "SettlType": "0..9 B C",
    "SymbolSfx": "CD WI",
    "PositionEffect": "C D F N O R",
    "ProcessCode": "0..6",
    "CxlRejReason": "0..8 18 99",
    "OrdRejReason": "0..16 18..29 99",
    "MiscFeeType": "1..36",
    "ExecType": "0 3..9 A..N",
    "SettlCurrFxRateCalc": "D M",
    "SecurityType": """
        ? ABS AMENDED AN BA BAB BDBSKT BDN BN BNST BOX BRADY BRIDGE BUYSELL CAMM CAN CAP CASH CB CD CDS CFD CL
        CLCP CLLR CMB CMBS CMDTYSWAP CMO CN COFO COFP COLLBSKT CORP CP CPIB CPP CRLTNSWAP CS CTB DEFLTED
        DIGITAL DIMSUMCORP DIMSUMSOV DINP DN DR DUAL DVDNDSWAP DVPLDG EQBSKT EQFWD ETC ETF ETN EUCD EUCORP
        EUCP EUFRN EUMTN EUNCP EUSOV EUSTLQN EUSUPRA EUTD EXOTIC FAC FADN FLR FOR FORWARD FRA FRN FUT FUTSWAP
        FWD FWDFRTAGMT FWDSWAP FXBN FXDN FXFWD FXNDF FXNDS FXSPOT FXSWAP GO IET INDEX IRS JCD LOANLEASE LOFC
        LQN MATURED MBS MCPIB MF MIO MLEG MMF MN MPO MPP MPT MRGNLOAN MT MTN NCD NCP NONE ONITE OOC OOF OOP
        OPT Other PEF PFAND PN PRCORP PROV PRTFLIOSWAP PS PZFJ RAN RCD REPLACD REPO RETIRED REV RTRNSWAP RVLV
        RVLVTRM SECDERIV SECLOAN SECPLEDGE SFP SLQN SOV SPCLA SPCLO SPCLT SPOTFWD SPREADBET STN STRUCT SUPRA
        SWAPTION SWING TAN TAXA TB TBA TBILL TBOND TCAL TD TDR TECP TERM TFRN TINT TIPS TLQN TMB TMCP TNOTE
        TPRN TRAN TRS UST USTB VARSWAP VRDN VRDO WAR WITHDRN XCN XLINKD XMISSION YANK YCD
    """,
    "PutOrCall": "0..3",
    "CoveredOrUncovered": "0 1",
    "AllocHandlInst": "1..4",
    "RoutingType": "1..6",
    "BenchmarkCurveName": """
        AONIA AONIA-R AUBSW BKBM BUBOR CD91D CDOR CIBOR CORRA DIRR-TN EIBOR EONIA EONIASWAP ESTR EUREPO
        EURIBOR EURODOLLAR EUROSWISS Euribor FEDEFF FEDOPEN FixingRepoRate FutureSWAP GCFREPO HIBOR IBR
        ISDAFIX JIBAR KLIBOR LIBID LIBOR MIBOR MOSPRIM MuniAAA NIBOR NZONIA OTHER PHIREF PRIBOR Pfandbriefe
        REIBOR SAIBOR SARON SOFR SONIA SORA STIBOR SWAP TELBOR THBFIX TIBOR TIIE TLREF TONAR Treasury WIBOR
    """,
    "StipulationType": """
        ABS ADDTRM ALLGUARANTEES AMT AUTOREINV AVAILQTY AVFICO AVSIZE BANKQUAL BGNCON BROKERCREDIT
        COMPSECFLLBCK COUPON CPP CPR CPY CURRENCY CUSTOMDATE DISCOUNT GEOG HAIRCUT HEP INCURRCVY INSURED
        INTERNALPX INTERNALQTY ISSUE ISSUER ISSUESIZE LEAVEQTY LOCLJRSDCTN LOOKBACK LOT LOTVAR MAT MATURITY
        MAXBAL MAXORDQTY MAXSUBS MHP MINDNOM MININCR MINQTY MODEQTYDLVY MPR MULTEXCHFLLBCK NOREFOBLIG ORDRINCR
        ORIGAMT PAYFREQ PAYOFF PIECES PMAX POOL POOLEFFDT POOLINITFCTR PPC PPL PPM PPT PRICE PRICEFREQ PRIMARY
        PROD PROTECT PSA PURPOSE PXSOURCE RATING REDEMPTION REFINT REFPOLICY REFPRIN REFPX REFTRADE
        RELVJRSDCTN RESTRICTED ROLLTYPE SALESCREDITOVR SECRDLIST SECTOR SECTYPE SMM STRUCT SUBSFREQ SUBSLEFT
        SUBSTITUTION TEXT TRADERCREDIT TRANCHE TRDVAR UNKREFOBLIG WAC WAL WALA WAM WHOLE YIELD YTM
    """,
    "YieldType": """
        AFTERTAX ANNUAL ATISSUE AVGMATURITY BOOK CALL CHANGE CLOSE COMPOUND CURRENT GOVTEQUIV GROSS INFLATION
        INVERSEFLOATER LASTCLOSE LASTMONTH LASTQUARTER LASTYEAR LONGAVGLIFE MARK MATURITY NEXTREFUND OPENAVG
        PREVCLOSE PROCEEDS PUT SEMIANNUAL SHORTAVGLIFE SIMPLE TAXEQUIV TENDER TRUE VALUE1_32 WORST
    """,
    "SubscriptionRequestType": "0..2",
    "MDUpdateType": "0 1",
    "MDEntryType": "0..9 A..H J..Z a..e g..i t",
    "TickDirection": "0..3",
    "QuoteCondition": "0..7 A..Z a..z",
    "TradeCondition": """
        0..6 A..N P..Z a..z AA AB AC AD AE AF AG AH AI AJ AK AL AM AN AO AP AQ AR AS AT AU AV AW AX AY AZ BA
        BB BC BD BE
    """,
    "MDUpdateAction": "0..5",
    "MDReqRejReason": "0..9 A..D",
    "DeleteReason": "0 1",
    "OpenCloseSettlFlag": "0..5",
    "FinancialStatus": "1..3",
    "CorporateAction": "A..W",
    "SecurityRequestType": "0..9",
    "SecurityResponseType": "1..6",
    "SecurityTradingStatus": "1..10 12..27",
    "HaltReasonInt": "0..5",
    "Adjustment": "1..3",
    "TradingSessionID": "1..7",
    "TradSesMethod": "1..4",
    "TradSesMode": "1..3",
    "TradSesStatus": "0..6",
    "ExecRestatementReason": "0..20 99",
    "BusinessRejectReason": "0..10 18",
    "DiscretionInst": "0..7",
    "PriceType": "1..25",
    "GTBookingInst": "0..2",
    "CxlRejResponseTo": "1 2",
    "MultiLegReportingType": "1..3",
    "PartyIDSource": "1..9 A..U",
    "PartyRole": "1..22 24..107 109..127",
    "Product": "1..13",
    "RoundingDirection": "0..2",
    "CancellationRights": "M..O Y",
    "MoneyLaunderingStatus": "1..3 N Y",
    "ExecPriceType": "B..E O..Q S",
    "FundRenewWaiv": "N Y",
    "ContAmtType": "1..15",
    "OwnerType": "1..22",
    "OrderCapacity": "A G I M P R W",
    "OrderRestrictions": "1..9 A..I",
    "MassCancelRequestType": "1..9 A..C",
    "MassCancelResponse": "0..9 A..C",
    "MassCancelRejectReason": "0..11 99",
    "QuoteType": "0..4",
    "CashMargin": "1..3",
    "Scope": "1..3",
    "CrossType": "1..9",
    "SecurityListRequestType": "0..5",
    "SecurityRequestResult": "0..5",
    "TradSesStatusRejReason": "1 99",
    "MatchType": "1..11 A1 A2 A3 A4 A5 AQ M1 M2 M3 M4 M5 M6 MT S1 S2 S3 S4 S5",
    "AccountType": "1..4 6..13",
    "CustOrderCapacity": "1..5",
    "MassStatusReqType": "1..10",
    "DayBookingInst": "0..2",
    "BookingUnit": "0..2",
    "PreallocMethod": "0 1",
    "TradingSessionSubID": "1..13",
    "ClearingFeeIndicator": "1..5 9 B C E F H I L M",
    "PriorityIndicator": "0 1",
    "AcctIDSource": "1..6 99",
    "DeliveryForm": "1 2",
    "LegSwapType": "1 2 4 5",
    "SettlPriceType": "1 2",
    "TrdRegTimestampType": "1..34",
    "BookingType": "0..2",
    "TerminationType": "1..4",
    "PartySubIDType": "1..87",
    "ApplQueueResolution": "0..3",
    "ApplQueueAction": "0..3",
    "AvgPxIndicator": "0..4",
    "ExpirationCycle": "0..2",
    "TrdType": "0..20 22..66",
    "TrdSubType": "0..11 14..48 50..54",
    "PegMoveType": "0 1",
    "PegOffsetType": "0..4",
    "PegLimitType": "0..2",
    "PegRoundDirection": "1 2",
    "PegScope": "1..4",
    "DiscretionMoveType": "0 1",
    "DiscretionOffsetType": "0..3",
    "DiscretionLimitType": "0..2",
    "DiscretionRoundDirection": "1 2",
    "DiscretionScope": "1..4",
    "TargetStrategy": "1..3",
    "LastLiquidityInd": "0..11",
    "QtyType": "0..2",
    "EventType": "1..27 99",
    "InstrAttribType": "1..41 99",
    "CPProgram": "1..8 99",
    "MiscFeeBasis": "0..2",
    "DeliveryType": "0..4",
    "StrategyParameterType": "1..29",
    "SecurityStatus": "1..11",
    "UnderlyingCashType": "DIFF FIXED",
    "UnderlyingSettlementType": "2 4 5",
    "UnitOfMeasure": """
        L M a g t Alw BDFT Bbl Bcf Bu CBM CDD CER CPD CRT Ccy DGE EnvAllwnc EnvCrd EnvOfst GGE GJ GT Gal
        Gal_gb HDD IPNT MHR MMBtu MMbbl MW-M MW-a MW-d MW-h MW-min MWh PRINC SqM SqcM Sqft Sqin SqkM SqmM Sqmi
        Sqyd USD ac cL cM cwt day dt ft ha in kHR kL kM kW-M kW-a kW-d kW-h kW-min kWh kg lbs mL mM mi oz
        oz_tr pc pt pt_gb qt qt_gb thm tn tnCO2 yd
    """,
    "TimeUnit": "D H Q S Min Mo Wk Yr",
    "MDBookType": "1..3",
    "MDOriginType": "0..8",
    "CustOrderHandlingInst": """
        A..H J W..Z ADD AON CND CNH CSH DIR DLO E.W F0 F3 F6 F7 F8 F9 FA FB FC FD FH FI FJ FK FL FM FN FO FOK
        FP FQ FR FS FT FW FX FY FZ Fb Fc Fd Fe IDX IO IOC ISO LOC LOO MAC MAO MOC MOO MPT MQT MTL ND NH OPT
        OVD PEG RSV S.W SCL SLR TMO TS WRK
    """,
    "OrderHandlingInstSource": "1 2",
    "DeskType": "A..D O S T AR CR EC FB IN IS PF PR PT SW TR",
    "DeskTypeSource": "1",
    "UnderlyingFXRateCalc": "D M",
    "DealingCapacity": "A P R",
    "InstrmtAssignmentMethod": "P R",
    "MDQuoteType": "0..4",
    "RefOrderIDSource": "0..9 A",
    "DisplayWhen": "1 2",
    "DisplayMethod": "1..4",
    "PriceProtectionScope": "0..3",
    "LotType": "1..4",
    "PegPriceType": "1..5 7..10",
    "TriggerType": "1..5",
    "TriggerAction": "1..3",
    "TriggerPriceType": "1..6",
    "TriggerPriceTypeScope": "0..3",
    "TriggerPriceDirection": "D U",
    "TriggerOrderType": "1 2",
    "OrderCategory": "1..9 A",
    "ExDestinationIDSource": "B..E G",
    "ImpliedMarketIndicator": "0..3",
    "SecurityTradingEvent": "1..9",
    "StatsType": "1..4",
    "MDSecSizeType": "1..3",
    "SettlMethod": "C E P",
    "ExerciseStyle": "0..2 99",
    "PriceQuoteMethod": "INT INX PCTPAR STD",
    "ValuationMethod": "CDS CDSD EQTY FUT FUTDA",
    "ListMethod": "0 1",
    "TickRuleType": "0..5",
    "MaturityMonthYearIncrementUnits": "0..3",
    "MaturityMonthYearFormat": "0..2",
    "PriceLimitType": "0..2",
    "TradSesEvent": "0..3",
    "MultilegModel": "0..2",
    "MultilegPriceMethod": "0..5",
    "ContingencyType": "1..6",
    "TradePublishIndicator": "0..3",
    "VenueType": "A..E H N..R V X z",
    "ContractMultiplierUnit": "0..2",
    "FlowScheduleType": "0..9 99",
    "RateSource": "0..3 99",
    "RateSourceType": "0 1",
    "RestructuringType": "FR MM MR XR",
    "Seniority": "JR MZ SB SD SN SR",
    "SecurityListType": "1..4",
    "SecurityListTypeSource": "1..3",
    "NewsCategory": "0..3 99",
    "NewsRefType": "0..3",
    "StrikePriceDeterminationMethod": "1..4",
    "StrikePriceBoundaryMethod": "1..5",
    "UnderlyingPriceDeterminationMethod": "1..4",
    "OptPayoutType": "1..8 99",
    "ComplexEventType": "1..23",
    "ComplexEventPriceBoundaryMethod": "1..5",
    "ComplexEventPriceTimeType": "1..8",
    "ComplexEventCondition": "1 2",
}
