"""An Exchange server as its web services (EWS) show it, written from Microsoft's documents MS-OXWS* and MS-OXOCAL."""
