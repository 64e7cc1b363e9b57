package org.cupule.hardware;

/**
 * Why {@link Cpu#run} returned: a flyweight, one for each CPU, valid until the CPU runs again.
 *
 * <table>
 * <caption>Reasons and what the run loop does before it runs the CPU again</caption>
 * <tr>
 * <th>reason</th>
 * <th>fields</th>
 * <th>the run loop</th>
 * </tr>
 * <tr>
 * <td>BUDGET, ATTENTION, WINDOW, BREAKPOINT</td>
 * <td>-</td>
 * <td>just runs it again, when it is time</td>
 * </tr>
 * <tr>
 * <td>ACCESS</td>
 * <td>space, address, size, write, value</td>
 * <td>{@link Cpu#answer} or {@link Cpu#fault}</td>
 * </tr>
 * <tr>
 * <td>CPUID</td>
 * <td>address = EAX, value = ECX</td>
 * <td>{@link Cpu#answerCpuid}</td>
 * </tr>
 * <tr>
 * <td>HYPERCALL</td>
 * <td>-</td>
 * <td>{@link Cpu#answer} (goes to RAX) or {@link Cpu#fault}</td>
 * </tr>
 * <tr>
 * <td>HLT</td>
 * <td>-</td>
 * <td>waits for an interrupt; the instruction is retired</td>
 * </tr>
 * <tr>
 * <td>SHUTDOWN</td>
 * <td>-</td>
 * <td>triple fault: runs it no more before a reset</td>
 * </tr>
 * <tr>
 * <td>FETCH</td>
 * <td>address = gpa, size = 1</td>
 * <td>makes the page executable and runs again, or stops</td>
 * </tr>
 * <tr>
 * <td>EXCLUSIVE</td>
 * <td>-</td>
 * <td>{@link Cpu#runExclusive} while all other CPUs of the VM stand still</td>
 * </tr>
 * </table>
 *
 * @threading confined to the vCPU's thread
 */
public final class CpuExit {
    /** The budget of instructions is used up. */
    public static final int BUDGET = 0;
    /** Somebody called {@link Cpu#attention}. */
    public static final int ATTENTION = 1;
    /** The guest can take an interrupt now, as asked with {@link Cpu#window}. */
    public static final int WINDOW = 2;
    /** The next instruction stands at a breakpoint. */
    public static final int BREAKPOINT = 3;
    /** An access that no RAM of this VM answers. */
    public static final int ACCESS = 4;
    /** CPUID of a leaf in 0x40000000 to 0x4FFFFFFF: the hypervisor's own. */
    public static final int CPUID = 5;
    /** VMCALL. */
    public static final int HYPERCALL = 6;
    /** HLT. */
    public static final int HLT = 7;
    /** Triple fault. */
    public static final int SHUTDOWN = 8;
    /** Instruction fetch where the EPT gives no execute right. */
    public static final int FETCH = 9;
    /** An access that must be atomic and crosses a cache line (a split lock). */
    public static final int EXCLUSIVE = 10;

    /** {@link #space}: I/O ports. Equal to the type word of an I/O request. */
    public static final int PORT = 0;
    /** {@link #space}: guest physical memory. Equal to the type word of an I/O request. */
    public static final int MMIO = 1;
    /** {@link #space}: a model specific register that the CPU does not keep itself (APIC, hypervisor, unknown). */
    public static final int MSR = 2;
    /** {@link #space}: CR8, the task priority; the value is 0 to 15. */
    public static final int CR8 = 3;

    /** One of the reasons above. */
    public int reason;
    /** One of the spaces above. */
    public int space;
    /** Port, guest physical address or MSR number. */
    public long address;
    /**
     * Bytes: 1, 2, 4 or 8. An MMIO access never crosses an 8-byte boundary of its own making, a port access has at most
     * 4.
     */
    public int size;
    /** Whether it is a write. */
    public boolean write;
    /** What is written, zero-extended. */
    public long value;
}
