package org.cupule.hw.cpu.oracle;

import java.util.Arrays;
import org.cupule.hw.cpu.oracle.Sample.Mode;

/** Compares how a sample ended on two processors. */
final class Comparison {
    /** Bits of a page fault's error code: the page is present. */
    private static final int PRESENT = 1;
    /** RFLAGS without the bits that user mode sees as constant. */
    private static final long FLAGS = 0x254FD5 | 1L << 16;
    private static final long RF = 1L << 16;
    private static final int DEBUG = 1;
    private static final long LINUX_USER_END = 0x7FFFFFFFF000L;
    private static final String LAR = "0F 02";
    private static final String TRANSITION = "transition";
    private static final String MASKMOVQ = "0F F7";
    private static final String[] NAMES = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split(" ");
    private static final String[] SEGMENTS = "es cs ss ds fs gs".split(" ");

    private Comparison() {
    }

    /** {@return what differs, in words; empty when nothing does that must not} */
    static String differences(Sample sample, Outcome host, Outcome model) {
        if (!host.ended()) {
            return ""; // the sample itself left the sandbox or loops for ever
        }
        if (!model.ended()) {
            return "the model does not end";
        }
        var text = new StringBuilder();
        if (!sample.loose() || host.state().rip != model.state().rip) { // else the order of two faults may differ
            differ(text, "trap", host.trap(), model.trap());
            differ(text, "error", error(host), error(model));
            differ(text, "cr2", host.cr2(), model.cr2());
        }
        registers(text, sample, flags(host), host.state(), model.state());
        if (!sample.loose() && !Arrays.equals(host.changes(), model.changes())) {
            text.append(" memory");
        }
        return text.toString();
    }

    /** The return to user mode clears what is left of a null selector. */
    private static int selector(int selector) {
        return selector < 4 ? 0 : selector;
    }

    /** Linux hides from user mode whether an address beyond its own is mapped. */
    private static int error(Outcome outcome) {
        boolean beyond = Long.compareUnsigned(outcome.cr2(), LINUX_USER_END) >= 0;
        return outcome.trap() == 14 && beyond ? outcome.error() | PRESENT : outcome.error();
    }

    /**
     * {@return the flags to be compared} Between the elements of a repeated instruction AMD's processors push no RF.
     */
    private static long flags(Outcome host) {
        return host.trap() == DEBUG ? FLAGS & ~RF : FLAGS;
    }

    private static void registers(StringBuilder text, Sample sample, long flags, UserState host, UserState model) {
        boolean all = sample.mode() == Mode.LONG && (host.selector[UserState.CS] & 0xFFFF) == HostSegments.USER_CODE_64;
        long mask = all ? -1 : 0xFFFFFFFFL; // outside 64-bit mode the upper halves are undefined
        mask &= sample.form().startsWith(LAR) ? ~0xF0000L : -1; // and so are LAR's bits of the limit
        for (int i = 0; i < (all ? 16 : 8); i++) {
            differ(text, NAMES[i], host.gpr[i] & mask, model.gpr[i] & mask);
        }
        differ(text, "rip", host.rip, model.rip);
        differ(text, "rflags", host.rflags & flags & ~sample.undefinedFlags(),
                model.rflags & flags & ~sample.undefinedFlags());
        for (int i = 0; i < 6; i++) {
            differ(text, SEGMENTS[i], selector(host.selector[i]), selector(model.selector[i]));
        }
        boolean undone = sample.form().startsWith(MASKMOVQ) && host.rip == sample.state().rip;
        if (!undone && !sample.form().contains(TRANSITION)) { // where it faults AMD's processors make the MMX registers
                                                              // valid all the same
            numbers(text, all, sample.form().endsWith(" c1") ? ~0x200 : -1, host.fx, model.fx);
        }
        differ(text, "fsbase", host.fsBase, model.fsBase);
        differ(text, "gsbase", host.gsBase, model.gsBase);
    }

    /** What the last instruction of the FPU was is left out: AMD's processors keep it only while an exception waits. */
    private static void numbers(StringBuilder text, boolean all, int status, FxImage host, FxImage model) {
        differ(text, "fcw", host.control(), model.control());
        differ(text, "fsw", host.status() & status, model.status() & status);
        differ(text, "tags", host.tags(), model.tags());
        differ(text, "mxcsr", host.mxcsr(), model.mxcsr());
        for (int i = 0; i < 8; i++) {
            differ(text, "st" + i, host.fraction(i), model.fraction(i));
            differ(text, "st" + i + " high", host.high(i), model.high(i));
        }
        for (int i = 0; i < (all ? 32 : 16); i++) {
            differ(text, "xmm" + i / 2 + (i % 2 == 0 ? " low" : " high"), host.xmm(i), model.xmm(i));
        }
    }

    private static void differ(StringBuilder text, String name, long host, long model) {
        if (host != model) {
            text.append(" %s: host %x, model %x;".formatted(name, host, model));
        }
    }
}
