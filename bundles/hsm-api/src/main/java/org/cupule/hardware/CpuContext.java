package org.cupule.hardware;

import org.osgi.annotation.versioning.ProviderType;

/**
 * What a CPU model reaches outside itself. All else leaves the CPU as an exit.
 *
 * @threading confined to the thread that is inside {@link Cpu#run}
 */
@ProviderType
public interface CpuContext {
    /**
     * Finds the RAM behind a guest physical address, through the VM's EPT.
     *
     * @param gpa
     *            guest physical address
     * @param access
     *            the one right of {@code org.cupule.ram.Access} that is needed
     * @param out
     *            filled in when the result is true
     * @return whether RAM with this right is there; if not, a data access leaves as an MMIO exit and a fetch as
     *         {@link CpuExit#FETCH}
     */
    boolean translate(long gpa, int access, Translation out);

    /**
     * {@return the time stamp counter before the guest's own adjustment}
     *
     * <p>
     * In deterministic time it depends on {@link Cpu#retired}, which must be exact when this is called.
     */
    long timeStampCounter();

    /**
     * Asks every other running CPU of the VM to drop its cached translations at its next block head: called when a page
     * becomes code, since another CPU may still hold a write translation of it and could write without telling.
     *
     * @return the number of the request; code of that page may be cached once {@link #flushed} says so, until then it
     *         is decoded afresh each time it is executed
     */
    long requestFlush();

    /** {@return whether every other running CPU has dropped its translations since this request} */
    boolean flushed(long request);

    /**
     * Reports instruction bytes that the CPU does not know; the guest gets #UD. The receiver logs it once an address.
     *
     * @param rip
     *            linear address of the instruction
     * @param bytes
     *            its bytes, as many as could be fetched, at most 15
     */
    void unknownInstruction(long rip, byte[] bytes);
}
