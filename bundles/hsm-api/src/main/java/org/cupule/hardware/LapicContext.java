package org.cupule.hardware;

import org.cupule.time.VmClock;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What a local APIC reaches outside itself.
 *
 * @threading confined to the vCPU's thread
 */
@ProviderType
public interface LapicContext {
    /** {@return the VM's clock; the timer's bus frequency is {@link #busHertz}} */
    VmClock clock();

    /** {@return the frequency that the timer's divider divides} */
    long busHertz();

    /** {@return the frequency of the time stamp counter, for TSC-deadline mode} */
    long tscHertz();

    /** {@return the guest's own time stamp counter now, adjustment included} */
    long timeStampCounter();

    /**
     * Arms the timer at an absolute VM time in nanoseconds; {@code VmTimer.NEVER} disarms. Once it has fired it is
     * disarmed. Making a model does not touch it, since the model before may still be in use.
     */
    void timerAt(long deadlineNanos);

    /**
     * Sends an interprocessor interrupt; it is delivered after the present call. A fixed one with the shorthand "self"
     * does not come here: the APIC has taken it.
     */
    void send(Ipi ipi);

    /** Tells the I/O APICs of an end of interrupt of a level-triggered vector. */
    void endOfInterrupt(int vector);
}
