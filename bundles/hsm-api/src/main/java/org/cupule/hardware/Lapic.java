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
 * SDM volume 3, "Advanced Programmable Interrupt Controller (APIC)". State kind {@code lapic}; the timer's deadline is
 * part of it.
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

    /** {@return whether an NMI at LINT1 passes} */
    boolean passesNmi();

    /** Does what is due at the timer's deadline; called on the vCPU's thread when the context's timer has fired. */
    void timer();

    /** Sets the power-on state. */
    void reset();

    /** Does what an INIT signal does: as reset, but the APIC id and IA32_APIC_BASE are kept. */
    void init();

    /**
     * Whether this APIC is a destination of a message.
     *
     * @param destination
     *            the destination field: 8 bits, or 32 from an x2APIC's ICR; 0xFF (0xFFFFFFFF) is everybody
     * @param logical
     *            the destination mode
     * @threading any thread
     */
    boolean matches(int destination, boolean logical);

    /** {@return the processor priority class, for lowest-priority arbitration} @threading any thread */
    int priority();
}
