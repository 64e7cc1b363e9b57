package org.cupule.hw.lapic;

import static org.cupule.hw.lapic.ApicPage.*;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.cupule.hardware.Ipi;
import org.cupule.hardware.Lapic;
import org.cupule.hardware.LapicContext;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;

/**
 * A local APIC whose registers are one image of its page, a word a slot, that reads as the guest sees it. It has what
 * the first version has, counts what it does, and carries the counts in version 2 of the state.
 *
 * <p>
 * The sets ISR and IRR have a summary beside them, a bit for each of their eight words that is not 0, so that the
 * highest vector is found in two steps.
 *
 * @threading as {@link Lapic} says
 */
public final class PagedApic implements Lapic {
    static final StateSchema SCHEMA = new StateSchema("lapic", java.util.Set.of(1, 2), java.util.Set.of(1, 2));

    static final int MSR_BASE = 0x1B;
    static final int MSR_TSC_DEADLINE = 0x6E0;
    static final int MSR_FIRST = 0x800;
    static final long GLOBAL_ENABLE = 1 << 11;
    static final long EXTENDED = 1 << 10;
    /** Bits of IA32_APIC_BASE that no write may set. */
    static final long BASE_RESERVED = -1L << 48 | 1 << 9 | 0xFF;

    private static final int SEND_ILLEGAL_VECTOR = 1 << 5;
    private static final int RECEIVE_ILLEGAL_VECTOR = 1 << 6;
    private static final int ILLEGAL_REGISTER = 1 << 7;
    private static final int SELF = 1;
    private static final int TAKES_NONE = 16;
    private static final VarHandle PRIORITY;

    static {
        try {
            PRIORITY = MethodHandles.lookup().findVarHandle(PagedApic.class, "priority", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    final int apicId;
    final int[] page = new int[SLOTS];
    final Countdown timer;
    final Counters counters = new Counters();
    long base;
    int errors;
    boolean errorArmed;
    /** Levels of the inputs, a bit each. */
    int lint;
    private final LapicContext context;
    private int irrSummary;
    private int isrSummary;
    private volatile Identity identity = Identity.ofX2apic(0);
    /** For other threads, to whom a late value does no harm: opaque access is enough. */
    private int priority;

    PagedApic(int apicId, LapicContext context) {
        this.apicId = apicId;
        this.context = context;
        this.timer = new Countdown(context);
        reset();
    }

    @Override
    public int read(int offset) {
        if (!on()) {
            return -1;
        }
        int slot = offset >> 4;
        if (!ApicPage.inPage(slot)) {
            error(ILLEGAL_REGISTER);
            return 0;
        }
        return readSlot(slot);
    }

    /** A guest that polls the timer's count or request bit must see it expire, whatever the host's timer does. */
    private int readSlot(int slot) {
        if (slot == CURRENT || slot >= IRR && slot < ESR) {
            settle();
        }
        return switch (slot) {
            case CURRENT -> (int) timer.currentCount();
            case INITIAL -> (int) timer.initialCount();
            case ID -> extended() ? apicId : page[ID];
            case LDR -> extended() ? Identity.logicalId(apicId) : page[LDR];
            default -> page[slot];
        };
    }

    @Override
    public void write(int offset, int value) {
        int slot = offset >> 4;
        if (!on()) {
            return;
        }
        if (ApicPage.inPage(slot)) {
            writeSlot(slot, value);
        } else {
            error(ILLEGAL_REGISTER);
        }
    }

    private void writeSlot(int slot, int value) {
        int writable = ApicPage.writable(slot);
        int merged = page[slot] & ~writable | value & writable;
        switch (slot) {
            case TPR -> taskPriority(merged);
            case EOI -> end();
            case ICR -> command(merged, page[ICR_HIGH] >>> 24);
            case TIMER, TIMER + 1, TIMER + 2, LINT0, LINT1, ERROR -> localVector(slot, merged);
            case INITIAL -> startTimer(value);
            case DIVIDE -> divide(merged);
            case SVR -> spuriousVector(merged);
            case ESR -> showErrors();
            case ID -> identify(ID, value & 0xFF00_0000);
            case LDR, DFR -> identify(slot, merged);
            default -> page[slot] = merged;
        }
    }

    private void identify(int slot, int value) {
        page[slot] = value;
        publishIdentity();
    }

    @Override
    public boolean readMsr(int msr, long[] out) {
        int slot = msr - MSR_FIRST;
        if (msr == MSR_BASE) {
            out[0] = base;
        } else if (msr == MSR_TSC_DEADLINE) {
            settle();
            out[0] = timer.tscDeadline();
        } else if (extended() && ApicPage.msrReadable(slot)) {
            long high = slot == ICR ? (long) page[ICR_HIGH] << 32 : 0;
            out[0] = high | readSlot(slot) & 0xFFFF_FFFFL;
        } else {
            return false;
        }
        return true;
    }

    @Override
    public boolean writeMsr(int msr, long value) {
        int slot = msr - MSR_FIRST;
        if (msr == MSR_BASE) {
            return writeBase(value);
        }
        if (msr == MSR_TSC_DEADLINE) {
            settle();
            timer.tscDeadline(value);
            settle();
            return true;
        }
        if (!extended() || !ApicPage.msrWritable(slot, value)) {
            return false;
        }
        if (slot == ICR) {
            page[ICR_HIGH] = (int) (value >>> 32);
            command((int) value, page[ICR_HIGH]);
        } else if (slot == SELF_IPI) {
            commandSelf((int) value);
        } else {
            writeSlot(slot, (int) value);
        }
        return true;
    }

    /**
     * The ways between the modes: on and off, from xAPIC to x2APIC, from x2APIC off; never straight back, never from
     * off to x2APIC. Source: Intel SDM volume 3, "x2APIC State Transitions".
     */
    private boolean writeBase(long value) {
        boolean enable = (value & GLOBAL_ENABLE) != 0;
        boolean extend = (value & EXTENDED) != 0;
        boolean legal = (value & BASE_RESERVED) == 0 && (enable || !extend)
                && (extend ? on() : !extended() || !enable);
        if (!legal) {
            return false;
        }
        boolean wasOn = on();
        boolean wasExtended = extended();
        base = value;
        if (wasOn && !enable) {
            clear();
        } else if (!wasOn) {
            page[ID] = apicId << 24;
        } else if (extend && !wasExtended) {
            page[ICR_HIGH] = 0;
        }
        publishIdentity();
        return true;
    }

    @Override
    public long base() {
        return base;
    }

    private boolean on() {
        return (base & GLOBAL_ENABLE) != 0;
    }

    private boolean extended() {
        return (base & EXTENDED) != 0;
    }

    /** Off and at power-on the register says disabled, so this is all that has to be asked. */
    private boolean enabled() {
        return (page[SVR] & ENABLE) != 0;
    }

    @Override
    public int cr8() {
        return page[TPR] >> 4;
    }

    @Override
    public void cr8(int newPriority) {
        taskPriority((newPriority & 0xF) << 4);
    }

    private void taskPriority(int value) {
        page[TPR] = value;
        prioritize();
    }

    /** Source: Intel SDM volume 3, "Task and Processor Priorities". */
    private void prioritize() {
        int service = Math.max(0, highest(ISR, isrSummary)) & 0xF0;
        page[PPR] = Math.max(service, (page[TPR] & 0xF0) < service ? 0 : page[TPR]);
        publishPriority();
    }

    private void publishPriority() {
        PRIORITY.setOpaque(this, enabled() ? page[PPR] >> 4 : TAKES_NONE);
    }

    /** {@return the highest vector of a set, or -1} */
    private int highest(int set, int summary) {
        if (summary == 0) {
            return -1;
        }
        int word = 31 - Integer.numberOfLeadingZeros(summary);
        return word * 32 + 31 - Integer.numberOfLeadingZeros(page[set + word]);
    }

    @Override
    public void accept(int vector, boolean level) {
        int number = vector & 0xFF;
        if (!enabled()) {
            return;
        }
        if (number < 16) {
            error(RECEIVE_ILLEGAL_VECTOR);
            return;
        }
        int word = number >> 5;
        int bit = 1 << number;
        counters.accepted[number]++;
        counters.merged += page[IRR + word] >>> number & 1;
        page[IRR + word] |= bit;
        irrSummary |= 1 << word;
        page[TMR + word] = level ? page[TMR + word] | bit : page[TMR + word] & ~bit;
    }

    @Override
    public int pending() {
        int vector = highest(IRR, irrSummary);
        return vector >> 4 > page[PPR] >> 4 ? vector : -1;
    }

    @Override
    public int acknowledge() {
        int vector = pending();
        if (vector >= 0) {
            int word = vector >> 5;
            page[IRR + word] &= ~(1 << vector);
            irrSummary &= page[IRR + word] == 0 ? ~(1 << word) : -1;
            page[ISR + word] |= 1 << vector;
            isrSummary |= 1 << word;
            prioritize();
        }
        return vector;
    }

    private void end() {
        int vector = highest(ISR, isrSummary);
        if (vector < 0) {
            return;
        }
        int word = vector >> 5;
        page[ISR + word] &= ~(1 << vector);
        isrSummary &= page[ISR + word] == 0 ? ~(1 << word) : -1;
        counters.ended++;
        prioritize();
        if ((page[TMR + word] >>> vector & 1) != 0) {
            endLevel(vector);
        }
    }

    private void endLevel(int vector) {
        if ((page[SVR] & SUPPRESS_EOI_BROADCAST) == 0) {
            context.endOfInterrupt(vector);
        }
        if ((page[LINT0] & 0xFF) == vector) {
            page[LINT0] &= ~REMOTE_IRR;
            holdLevel();
        }
    }

    /** Does what a write of the ICR asks for. */
    private void command(int low, int destination) {
        page[ICR] = low;
        int mode = low >> 8 & 7;
        int vector = low & 0xFF;
        int shorthand = low >> 18 & 3;
        if (mode == FIXED && shorthand == SELF) {
            commandSelf(vector);
        } else if (mode <= LOWEST_PRIORITY && vector < 16) {
            error(SEND_ILLEGAL_VECTOR);
        } else if (mode != 3 && mode != EXTINT) {
            counters.sent++;
            context.send(new Ipi(destination, (low & 1 << 11) != 0, shorthand, mode, vector, (low & 1 << 14) != 0,
                    (low & 1 << 15) != 0));
        }
    }

    private void commandSelf(int vector) {
        if (vector < 16) {
            error(SEND_ILLEGAL_VECTOR);
        } else {
            counters.sent++;
            accept(vector, false);
        }
    }

    private void spuriousVector(int value) {
        settle();
        page[SVR] = value;
        if (!enabled()) {
            for (int slot = TIMER; slot <= ERROR; slot++) {
                page[slot] |= MASKED;
            }
            armTimer();
        }
        publishPriority();
    }

    private void showErrors() {
        page[ESR] = errors;
        errors = 0;
        errorArmed = true;
    }

    /** Collects an error; one interrupts, then none before the register is written. */
    private void error(int bit) {
        errors |= bit;
        if (errorArmed && (page[ERROR] & MASKED) == 0) {
            errorArmed = false;
            accept(page[ERROR], false);
        }
    }

    private void localVector(int slot, int value) {
        if (slot == TIMER) {
            settle();
        }
        page[slot] = enabled() ? value : value | MASKED;
        if (slot == TIMER) {
            timer.mode(value >> 17 & 3);
            armTimer();
        } else if (slot == LINT0) {
            page[LINT0] &= levelTriggered() ? -1 : ~REMOTE_IRR;
            holdLevel();
        }
    }

    @Override
    public boolean passesExtInt() {
        return !on() || passes(LINT0, EXTINT);
    }

    @Override
    public boolean passesNmi() {
        return !on() || passes(LINT1, NMI);
    }

    private boolean passes(int slot, int mode) {
        return (page[slot] & MASKED) == 0 && (page[slot] >> 8 & 7) == mode;
    }

    @Override
    public void lint(int pin, boolean high) {
        int slot = LINT0 + pin;
        boolean changes = (lint >> pin & 1) != 0 != high;
        lint = high ? lint | 1 << pin : lint & ~(1 << pin);
        boolean edgeTriggered = slot == LINT1 || !levelTriggered();
        if (changes && edgeTriggered && asserted(slot) && passes(slot, FIXED)) {
            accept(page[slot], false);
        }
        holdLevel();
    }

    private boolean asserted(int slot) {
        return (lint >> slot - LINT0 & 1) != 0 != ((page[slot] & ACTIVE_LOW) != 0);
    }

    /** LINT0 alone knows levels, and in fixed mode alone. */
    private boolean levelTriggered() {
        return (page[LINT0] & LEVEL) != 0 && (page[LINT0] >> 8 & 7) == FIXED;
    }

    /** Delivers the level of LINT0 unless it was delivered and has not ended. */
    private void holdLevel() {
        if (levelTriggered() && passes(LINT0, FIXED) && asserted(LINT0) && (page[LINT0] & REMOTE_IRR) == 0) {
            page[LINT0] |= REMOTE_IRR;
            accept(page[LINT0], true);
        }
    }

    @Override
    public void timer() {
        timer.fired();
        settle();
    }

    private void startTimer(int count) {
        settle();
        if (timer.counts()) {
            timer.start(count & 0xFFFF_FFFFL);
            armTimer();
        }
    }

    private void divide(int value) {
        settle();
        page[DIVIDE] = value;
        timer.divide(shift(value));
        armTimer();
    }

    /** {@return log2 of the divisor: bits 3, 1 and 0 count from 000 = 1 to 110 = 7, and 111 = 0} */
    static int shift(int divide) {
        return (divide >> 1 & 4 | divide & 3) + 1 & 7;
    }

    /** Lets happen now what came due and nobody has noticed yet. */
    private void settle() {
        long expiries = timer.expire();
        if (expiries != 0) {
            counters.expired(expiries);
            if ((page[TIMER] & MASKED) == 0) {
                accept(page[TIMER], false);
            }
        }
        armTimer();
    }

    private void armTimer() {
        timer.arm((page[TIMER] & MASKED) == 0);
    }

    @Override
    public void reset() {
        base = 0xFEE0_0000L | GLOBAL_ENABLE | (apicId == 0 ? 1 << 8 : 0);
        page[ID] = apicId << 24;
        clear();
        publishIdentity();
    }

    @Override
    public void init() {
        clear();
        publishIdentity();
    }

    /** Sets every register but base and id. */
    private void clear() {
        int id = page[ID];
        Arrays.fill(page, 0);
        page[ID] = id;
        page[VERSION] = 0x0105_0015;
        page[DFR] = -1;
        page[SVR] = 0xFF;
        Arrays.fill(page, TIMER, ERROR + 1, MASKED);
        errors = 0;
        errorArmed = true;
        timer.reset();
        armTimer();
        summarize();
    }

    private void summarize() {
        irrSummary = summary(IRR);
        isrSummary = summary(ISR);
        prioritize();
    }

    private int summary(int set) {
        int summary = 0;
        for (int word = 0; word < 8; word++) {
            summary |= page[set + word] == 0 ? 0 : 1 << word;
        }
        return summary;
    }

    private void publishIdentity() {
        identity = extended() ? Identity.ofX2apic(apicId) : Identity.ofPage(on(), page[ID], page[LDR], page[DFR]);
    }

    @Override
    public boolean matches(int destination, boolean logical) {
        return identity.matches(destination, logical);
    }

    @Override
    public int priority() {
        return (int) PRIORITY.getOpaque(this);
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        return PagedApicState.save(this, version);
    }

    @Override
    public void restore(ModelState state) {
        PagedApicState.restore(this, state);
        summarize();
        publishIdentity();
        armTimer();
    }

    /** {@return what it has counted, for a person} */
    @Override
    public String toString() {
        return "APIC %d: %s".formatted(apicId, counters);
    }
}
