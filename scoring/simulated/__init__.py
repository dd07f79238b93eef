"""Made-up people whose use and bundles are known to the last byte: to show, to test and to measure by."""
