"""Tier 1 of JPEG 2000: a code-block of quantized coefficients to bytes and back.

``literal`` follows the text of T.800 Annexes C and D, one decision at a time. ``lockstep_decoder`` and
``lockstep_encoder`` do the same for many code-blocks at once: each array operation advances all of them.
The modules ``ht_*`` are the high-throughput block coder of T.814.
"""
