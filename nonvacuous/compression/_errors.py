"""What compressors raise."""

__all__ = ["CompressionError"]


class CompressionError(ValueError):
    """This net or sample is beyond what a compressor or its code can do."""
