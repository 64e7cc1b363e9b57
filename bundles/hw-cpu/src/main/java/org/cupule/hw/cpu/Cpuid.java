package org.cupule.hw.cpu;

import java.nio.charset.StandardCharsets;
import org.cupule.hardware.CpuSpec;

/**
 * The answers of CPUID. A feature is told only when it is complete.
 *
 * <p>
 * Source: SDM volume 2, "CPUID".
 *
 * @threading confined to its CPU
 */
final class Cpuid {
    private static final int LAST_BASIC = 0x16;
    private static final int LAST_EXTENDED = 0x8000_0008;
    /** Family 6 with a model that no processor of Intel's has, so that nobody works around faults of theirs. */
    static final int SIGNATURE = 0x000F_0601;
    private static final String BRAND = "Cupule interpreted x86-64 processor";
    private static final int ECX1 = 1 << 13 | 1 << 21 | 1 << 23 | 1 << 24 | 1 << 31; // CX16 x2APIC POPCNT TSC-deadline
                                                                                     // HV
    /** FPU MMX FXSR SSE SSE2. */
    private static final int NUMBERS = 1 | 1 << 23 | 1 << 24 | 1 << 25 | 1 << 26;
    private static final int EDX1 = NUMBERS | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8 | 1 << 9 | 1 << 11
            | 1 << 12
            | 1 << 13 | 1 << 15 | 1 << 16 | 1 << 19; // DE PSE TSC MSR PAE CX8 APIC SEP MTRR PGE CMOV PAT CLFSH
    private static final int SYSCALL = 1 << 11;
    private static final int NX = 1 << 20;
    private static final int LM = 1 << 29;
    private static final int RDTSCP = 1 << 27;
    private static final int LAHF64 = 1;
    private static final int ARCH_CAPABILITIES = 1 << 29;

    private final CpuSpec spec;
    private final Registers state;
    int eax;
    int ebx;
    int ecx;
    int edx;

    Cpuid(CpuSpec spec, Registers state) {
        this.spec = spec;
        this.state = state;
    }

    /** Answers a leaf; one beyond the last gives the last basic one, as processors do. */
    void leaf(int leaf, int sub, boolean apicEnabled) {
        int wanted = leaf >= 0 && leaf > LAST_BASIC || leaf < 0 && Integer.compareUnsigned(leaf, LAST_EXTENDED) > 0
                ? LAST_BASIC
                : leaf;
        set(0, 0, 0, 0);
        switch (wanted) {
            case 0 -> set(LAST_BASIC, word("Genu"), word("ntel"), word("ineI"));
            case 1 -> features(apicEnabled);
            case 4 -> caches(sub);
            case 7 -> set(0, 0, 0, sub == 0 ? ARCH_CAPABILITIES : 0);
            case 0xB -> topology(sub);
            case 0x15 -> set(1, (int) (spec.tscHertz() / crystal()), (int) crystal(), 0);
            case 0x16 -> set((int) (spec.tscHertz() / 1_000_000), (int) (spec.tscHertz() / 1_000_000), 100, 0);
            case 0x8000_0000 -> set(LAST_EXTENDED, 0, 0, 0);
            case 0x8000_0001 -> set(0, 0, LAHF64, NX | LM | RDTSCP | (state.long64 ? SYSCALL : 0));
            case 0x8000_0002, 0x8000_0003, 0x8000_0004 -> brand((wanted & 0xF) - 2);
            case 0x8000_0006 -> set(0, 0, 256 << 16 | 6 << 12 | 64, 0);
            case 0x8000_0007 -> set(0, 0, 0, 1 << 8); // the TSC runs at one rate in all states
            case 0x8000_0008 -> set(48 << 8 | Paging.PHYSICAL_BITS, 0, 0, 0);
            default -> {
                // reserved: zeros
            }
        }
    }

    private long crystal() {
        return spec.tscHertz() % 25_000_000 == 0 ? 25_000_000 : 1_000_000;
    }

    private void set(int a, int b, int c, int d) {
        eax = a;
        ebx = b;
        ecx = c;
        edx = d;
    }

    private static int word(String text) {
        return text.charAt(0) | text.charAt(1) << 8 | text.charAt(2) << 16 | text.charAt(3) << 24;
    }

    private void features(boolean apicEnabled) {
        int logical = Math.min(255, spec.cpuCount());
        int edx1 = apicEnabled ? EDX1 : EDX1 & ~(1 << 9);
        set(SIGNATURE, spec.apicId() << 24 | logical << 16 | 8 << 8, ECX1, edx1 | (logical > 1 ? 1 << 28 : 0));
    }

    private void caches(int sub) {
        int cores = Integer.highestOneBit(Math.max(1, spec.cpuCount() * 2 - 1)) - 1;
        switch (sub) {
            case 0 -> set(cores << 26 | 1 << 5 | 1, 7 << 22 | 63, 63, 0);
            case 1 -> set(cores << 26 | 1 << 5 | 2, 7 << 22 | 63, 63, 0);
            case 2 -> set(cores << 26 | 2 << 5 | 3, 7 << 22 | 63, 511, 0);
            default -> set(0, 0, 0, 0);
        }
    }

    private void topology(int sub) {
        int bits = 32 - Integer.numberOfLeadingZeros(spec.cpuCount() - 1);
        switch (sub) {
            case 0 -> set(0, 1, 1 << 8, spec.apicId());
            case 1 -> set(bits, spec.cpuCount(), 2 << 8 | 1, spec.apicId());
            default -> set(0, 0, sub & 0xFF, spec.apicId());
        }
    }

    private void brand(int part) {
        byte[] text = java.util.Arrays.copyOf(BRAND.getBytes(StandardCharsets.US_ASCII), 48);
        var words = java.nio.ByteBuffer.wrap(text).order(java.nio.ByteOrder.LITTLE_ENDIAN);
        set(words.getInt(16 * part), words.getInt(16 * part + 4), words.getInt(16 * part + 8),
                words.getInt(16 * part + 12));
    }
}
