package org.cupule.tck.hardware;

import java.util.ArrayList;
import java.util.List;
import org.cupule.hardware.Ipi;
import org.cupule.hardware.Lapic;
import org.cupule.hardware.LapicContext;
import org.cupule.hardware.LapicFactory;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;

/**
 * What a local APIC is plugged into in a test: a clock that stands still, a bus of 1 GHz (a tick is a nanosecond), a
 * time stamp counter of 2 GHz, and records of what the APIC did.
 *
 * @threading confined to the test's thread
 */
public final class LapicBoard implements LapicContext {
    /** Offset of the task priority register. */
    public static final int TPR = 0x080;
    /** Offset of the processor priority register. */
    public static final int PPR = 0x0A0;
    /** Offset of the end of interrupt register. */
    public static final int EOI = 0x0B0;
    /** Offset of the spurious interrupt vector register. */
    public static final int SVR = 0x0F0;
    /** Offset of the first in-service register. */
    public static final int ISR = 0x100;
    /** Offset of the first trigger mode register. */
    public static final int TMR = 0x180;
    /** Offset of the first interrupt request register. */
    public static final int IRR = 0x200;
    /** Offset of the error status register. */
    public static final int ESR = 0x280;
    /** Offset of the lower half of the interrupt command register. */
    public static final int ICR = 0x300;
    /** Offset of the timer's local vector. */
    public static final int LVT_TIMER = 0x320;
    /** Offset of the local vector of LINT0. */
    public static final int LINT0 = 0x350;
    /** Offset of the local vector of LINT1. */
    public static final int LINT1 = 0x360;
    /** Offset of the error's local vector. */
    public static final int LVT_ERROR = 0x370;
    /** Offset of the timer's initial count. */
    public static final int INITIAL_COUNT = 0x380;
    /** Offset of the timer's current count. */
    public static final int CURRENT_COUNT = 0x390;
    /** Offset of the timer's divide configuration. */
    public static final int DIVIDE = 0x3E0;
    /** IA32_APIC_BASE. */
    public static final int MSR_BASE = 0x1B;
    /** IA32_TSC_DEADLINE. */
    public static final int MSR_TSC_DEADLINE = 0x6E0;
    /** The mask bit of a local vector. */
    public static final int MASKED = 1 << 16;

    /** What was sent, in order. */
    public final List<Ipi> sent = new ArrayList<>();
    /** The vectors whose end was told to the I/O APICs, in order. */
    public final List<Integer> ended = new ArrayList<>();
    /** The clock. */
    public final ManualClock clock = new ManualClock();
    /** How the guest has adjusted its time stamp counter. */
    public long tscOffset;
    /** Frequency of the bus clock. */
    public long busHertz = 1_000_000_000L;
    /** How often the timer was armed or disarmed. */
    public int armings;

    private final VmTimer timer = clock.timer(this::fire);
    private Lapic plugged;

    /** Makes an APIC on this board. */
    public Lapic plug(LapicFactory factory, int apicId) {
        plugged = factory.create(apicId, this);
        return plugged;
    }

    private void fire() {
        plugged.timer();
    }

    /** Fires the timer now, whatever its deadline, as a host does whose clock is ahead. */
    public void fireNow() {
        timer.disarm();
        fire();
    }

    /** {@return the time at which the timer is armed, or {@code VmTimer.NEVER}} */
    public long deadline() {
        return timer.deadline();
    }

    @Override
    public VmClock clock() {
        return clock;
    }

    @Override
    public long busHertz() {
        return busHertz;
    }

    @Override
    public long tscHertz() {
        return 2_000_000_000L;
    }

    @Override
    public long timeStampCounter() {
        return VmClock.ticks(clock.nanos(), tscHertz()) + tscOffset;
    }

    @Override
    public void timerAt(long deadlineNanos) {
        armings++;
        timer.arm(deadlineNanos);
    }

    @Override
    public void send(Ipi ipi) {
        sent.add(ipi);
    }

    @Override
    public void endOfInterrupt(int vector) {
        ended.add(vector);
    }
}
