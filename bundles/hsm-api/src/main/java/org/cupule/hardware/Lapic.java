package org.cupule.hardware;

import org.cupule.state.Stateful;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One local APIC, xAPIC and x2APIC.
 *
 * <p>
 * Interrupt messages of other threads do not come here directly: the hypervisor keeps them in the vCPU's inbox and
 * hands them over on the vCPU's own thread. So the model is single-threaded, but for the destination test.
 *
 * <p>
 * Offsets are those of the xAPIC page (0x000 to 0xFF0); an x2APIC MSR 0x800 + n stands for offset n * 16. Source: Intel
 * SDM volume 3, "Advanced Programmable Interrupt Controller (APIC)".
 *
 * <p>
 * After any write, EOI, {@link #timer} or {@link #restore} the caller looks at {@link #pending} again. At power-on the
 * APIC is software disabled and its LINT inputs are masked; it is firmware, or who plays it, that sets up the bootstrap
 * processor's virtual wire (LINT0 ExtINT, LINT1 NMI, SVR enabled).
 *
 * <h2>State kind {@code lapic}, version 1</h2>
 *
 * Numbers {@code base}, {@code id} (the xAPIC's, 8 bits), {@code tpr}, {@code ldr}, {@code dfr}, {@code svr},
 * {@code esr} (as it reads), {@code errors} (collected since it was written), {@code errorArmed}, {@code icr} (64
 * bits), {@code initialCount}, {@code divide}, {@code timerStart} (in ticks of the bus clock since VM time 0: when the
 * present count began; -1 while it stands) and {@code timerCount} (from what), {@code tscDeadline}, {@code lint}
 * (levels of the inputs, a bit each); lists {@code lvt} (6 numbers: timer, thermal, performance, LINT0, LINT1, error)
 * and {@code isr}, {@code tmr}, {@code irr} (8 words of 32 bits each). So the timer's deadline is part of it, and
 * {@code restore} arms it.
 *
 * <h2>State kind {@code lapic}, version 2</h2>
 *
 * All of version 1, and what the APIC has counted since it was made, over all swaps: the list {@code accepted} (256
 * numbers: interrupts taken, by vector) and numbers {@code merged} (taken while the same vector was requested already),
 * {@code ended}, {@code sent}, {@code expired} (of the timer) and {@code missed} (periods that the host was too late
 * for).
 *
 * @threading confined to the vCPU's thread; {@link #matches} and {@link #priority} from any thread
 */
@ConsumerType
public interface Lapic extends Stateful {
    /** Delivery mode: fixed. */
    int FIXED = 0;
    /** Delivery mode: lowest priority; the hypervisor has chosen this APIC already. */
    int LOWEST_PRIORITY = 1;
    /** Delivery mode: system management interrupt; ignored. */
    int SMI = 2;
    /** Delivery mode: non-maskable interrupt. */
    int NMI = 4;
    /** Delivery mode: INIT. */
    int INIT = 5;
    /** Delivery mode: start-up. */
    int STARTUP = 6;
    /** Delivery mode: external interrupt, from the 8259 pair. */
    int EXTINT = 7;

    /**
     * Reads a register through the page; only 4-byte accesses at 16-byte boundaries have a meaning, the hypervisor
     * composes others of them.
     *
     * @param offset
     *            0x000 to 0xFF0, a multiple of 16
     * @return the value; 0 for a reserved register (which also sets the illegal-register error)
     */
    int read(int offset);

    /** Writes a register through the page. */
    void write(int offset, int value);

    /**
     * Reads one of the MSRs: IA32_APIC_BASE (0x1B), IA32_TSC_DEADLINE (0x6E0), the x2APIC registers (0x800 to 0x8FF).
     *
     * @param out
     *            receives the value in element 0
     * @return false where the guest is to get #GP(0)
     */
    boolean readMsr(int msr, long[] out);

    /** Writes one of the same MSRs. @return false where the guest is to get #GP(0) */
    boolean writeMsr(int msr, long value);

    /** {@return IA32_APIC_BASE: the page's address, BSP, x2APIC and global enable bits} */
    long base();

    /** {@return the task priority's upper four bits: what CR8 reads} */
    int cr8();

    /** Sets the task priority as a write to CR8 does. */
    void cr8(int priority);

    /** Takes a fixed interrupt into the IRR (and the TMR). Ignored while the APIC is disabled. */
    void accept(int vector, boolean level);

    /** {@return the highest vector that the priorities let through now, or -1} */
    int pending();

    /** Moves that vector from the IRR to the ISR. @return the vector, or -1 (then nothing changed) */
    int acknowledge();

    /** {@return whether an external interrupt of the 8259 pair passes: LINT0 is unmasked ExtINT, or the APIC is off} */
    boolean passesExtInt();

    /** {@return whether an NMI at LINT1 passes: LINT1 is unmasked NMI, or the APIC is off} */
    boolean passesNmi();

    /**
     * Sets the level of a local interrupt input, for inputs in fixed mode: those in ExtINT and NMI mode are the
     * caller's, who asks {@link #passesExtInt} and {@link #passesNmi}.
     *
     * @param pin
     *            0 for LINT0, where the 8259 pair is; 1 for LINT1
     * @param high
     *            the level
     */
    void lint(int pin, boolean high);

    /**
     * Does what is due at the timer's deadline; called on the vCPU's thread when the context's timer has fired, and
     * after the guest's time stamp counter was adjusted. A call too early does no harm.
     */
    void timer();

    /** Sets the power-on state. */
    void reset();

    /** Does what an INIT signal does: as reset, but the APIC id and IA32_APIC_BASE are kept. */
    void init();

    /**
     * Whether this APIC is a destination of a message.
     *
     * @param destination
     *            the destination field: 8 bits, or 32 from an x2APIC's ICR; 0xFF (0xFFFFFFFF) is everybody, but as a
     *            logical destination in x2APIC mode 0xFF is members 0 to 7 of cluster 0
     * @param logical
     *            the destination mode
     * @threading any thread
     */
    boolean matches(int destination, boolean logical);

    /**
     * {@return the processor priority class 0 to 15, for lowest-priority arbitration; 16 while it takes no interrupts}
     *
     * @threading any thread
     */
    int priority();
}
