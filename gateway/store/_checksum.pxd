# The CRC-32 of zlib, 64 bytes at a time where the processor multiplies without carries (x86-64 since 2010), by the
# way of Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction" (Intel, 2009);
# elsewhere, and for what is left, byte by byte.

from libc.stdint cimport uint32_t

cdef extern from *:
    """
    #include <stdint.h>

    static uint32_t bdax_crc_table[256];

    static void bdax_crc_prepare(void) {
        for (uint32_t n = 0; n < 256; n++) {
            uint32_t rest = n;
            for (int bit = 0; bit < 8; bit++) {
                rest = rest & 1 ? rest >> 1 ^ 0xEDB88320u : rest >> 1;
            }
            bdax_crc_table[n] = rest;
        }
    }

    #if defined(__x86_64__) && defined(__GNUC__)
    #include <immintrin.h>

    #define BDAX_LOAD(at) _mm_loadu_si128((const __m128i *)(at))

    __attribute__((target("pclmul")))
    static inline __m128i bdax_crc_fold(__m128i sum, __m128i by, __m128i more) {
        __m128i low = _mm_clmulepi64_si128(sum, by, 0x00), high = _mm_clmulepi64_si128(sum, by, 0x11);
        return _mm_xor_si128(_mm_xor_si128(low, high), more);
    }

    /* ``size`` is at least 64 and a multiple of 16. */
    __attribute__((target("pclmul,sse4.1")))
    static uint32_t bdax_crc_folded(uint32_t crc, const char *data, size_t size) {
        const __m128i by_64 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);
        const __m128i by_16 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
        const __m128i by_8 = _mm_set_epi64x(0, 0x163cd6124);
        const __m128i polynomial = _mm_set_epi64x(0x1f7011641, 0x1db710641);
        const __m128i low = _mm_setr_epi32(~0, 0, ~0, 0);
        __m128i a = _mm_xor_si128(BDAX_LOAD(data), _mm_cvtsi32_si128((int)crc));
        __m128i b = BDAX_LOAD(data + 16), c = BDAX_LOAD(data + 32), d = BDAX_LOAD(data + 48);
        for (data += 64, size -= 64; size >= 64; data += 64, size -= 64) {
            a = bdax_crc_fold(a, by_64, BDAX_LOAD(data));
            b = bdax_crc_fold(b, by_64, BDAX_LOAD(data + 16));
            c = bdax_crc_fold(c, by_64, BDAX_LOAD(data + 32));
            d = bdax_crc_fold(d, by_64, BDAX_LOAD(data + 48));
        }
        a = bdax_crc_fold(a, by_16, b);
        a = bdax_crc_fold(a, by_16, c);
        a = bdax_crc_fold(a, by_16, d);
        for (; size; data += 16, size -= 16) {
            a = bdax_crc_fold(a, by_16, BDAX_LOAD(data));
        }
        /* From 128 bits to 64, to 32 (Barrett). */
        a = _mm_xor_si128(_mm_srli_si128(a, 8), _mm_clmulepi64_si128(a, by_16, 0x10));
        b = _mm_clmulepi64_si128(_mm_and_si128(a, low), by_8, 0x00);
        a = _mm_xor_si128(_mm_srli_si128(a, 4), b);
        b = _mm_clmulepi64_si128(_mm_and_si128(a, low), polynomial, 0x10);
        b = _mm_clmulepi64_si128(_mm_and_si128(b, low), polynomial, 0x00);
        return (uint32_t)_mm_extract_epi32(_mm_xor_si128(a, b), 1);
    }

    static int bdax_crc_can_fold(void) {
        return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
    }
    #else
    static uint32_t bdax_crc_folded(uint32_t crc, const char *data, size_t size) { return crc; }
    static int bdax_crc_can_fold(void) { return 0; }
    #endif

    static uint32_t bdax_crc32(uint32_t crc, const char *data, size_t size, int can_fold) {
        crc = ~crc;
        if (can_fold && size >= 64) {
            size_t folded = size & ~(size_t)15;
            crc = bdax_crc_folded(crc, data, folded);
            data += folded;
            size -= folded;
        }
        while (size--) {
            crc = bdax_crc_table[(crc ^ (unsigned char)*data++) & 0xFF] ^ crc >> 8;
        }
        return ~crc;
    }
    """
    # Once, before the first ``crc32``.
    void prepare_crc32 "bdax_crc_prepare"()
    bint can_fold_crc32 "bdax_crc_can_fold"()
    # Go on from ``crc``, 0 at the beginning.
    uint32_t crc32 "bdax_crc32"(uint32_t crc, const char* content, size_t size, bint can_fold) nogil
