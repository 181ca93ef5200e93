"""Exchange on premises over Exchange Web Services, through exchangelib."""
