"""Two hundred names that features of real products may have, none a misspelling of another.

Many are near each other on purpose: versions, languages, regions, plans and variants, short names,
words that are a letter apart and stand in several names, and two spellings of the same idea that
share most of their letters.
"""

_BY_AREA = {
    "chat": "support sales onboarding hr it legal docs handoff memory router titles suggestions",
    "search": "query-rewrite rerank answer snippets facets filters synonyms did-you-mean summary",
    "email": "draft reply triage subject tone digest signature spam-check follow-up unsubscribe",
    "ticket": "triage routing summary sentiment deflection priority merge escalation tagging",
    "contract": "review redline clauses risk summary renewal obligations parties",
    "contact": "enrichment dedupe import scoring review",
    "content": "moderation rewrite outline seo briefs calendar",
    "context": "builder window pruning",
    "invoice": "extraction matching coding approval dunning",
    "code": "review completion explain tests migration docs search",
    "node": "explain naming",
    "meeting": "notes actions recap agenda transcript",
    "lead": "scoring routing research outreach",
    "load": "forecast",
    "product": "descriptions titles tags compare recommendations reviews questions",
    "price": "alerts optimizer negotiation",
    "prize": "draw-texts",
    "travel": "planner rebooking policy expenses",
    "claims": "intake fraud letters",
    "clinical": "notes coding trials",
    "learning": "tutor quiz hints grading flashcards",
    "data": "sql-agent chart-captions anomaly-notes catalog lineage",
    "voice": "ivr notes commands transcription summary",
    "image": "captions alt-text prompts moderation",
    "mobile": "app api",
    "internal": "wiki-bot eval playground",
    "interval": "training-plan",
    "agent": "copilot planner critic browser executor judge",
    "rag": "search ingest eval chat faq",
    "tag": "cleanup",
}
_LOOSE = """
summarizer summary-v1 summary-v2 summary-v10 translate-en translate-es translate-de translate-fr
translate-pt-br translate-pt-pt report-1-12 report-11-2 report-q1 report-q2 tier-a tier-b
assistant-eu assistant-us assistant-uk search-v1 search-v2 gpt4-eval gpt5-eval bot box ads app api
faq fax qa qc ocr ocr2 nlp nlq support-l1 support-l2 support-l3 plan-free plan-pro plan-team
export-csv export-tsv export-pdf import-csv import-tsv inbound-calls outbound-calls upload-check
release-check order-status order-changes older-orders quote-builder quota-warnings audio-notes
personalization personas persona-lab moderation-text moderation-image text-cleanup test-generator
billing-assistant billing-disputes refunds returns onboarding-tour release-notes incident-summary
incident-timeline pr-review pr-titles changelog nightly-batch weekly-digest monthly-close
experiments sandbox untitled-prototype
"""

FEATURE_NAMES = [
    *(f"{area}-{task}" for area, tasks in _BY_AREA.items() for task in tasks.split()),
    *_LOOSE.split(),
]
