package org.cupule.hardware;

import org.cupule.state.Stateful;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * One x86-64 processor, without its local APIC.
 *
 * <p>
 * {@link #run} executes guest instructions until something happens that is not the CPU's own business, and returns it
 * as a value. The CPU keeps all guest state in itself, never on the thread's stack: between two calls of {@code run} it
 * can be saved, replaced by another model, or run on by another thread.
 *
 * <p>
 * Exits are restartable. An instruction that needs an answer from outside leaves no trace before it ends: the CPU keeps
 * the answers so far in its access log and executes the instruction again from its start after {@link #answer}. A write
 * that was answered is not sent again. The log and the pending exit are part of the saved state.
 *
 * <p>
 * State kind {@code cpu}. Registers, hidden segment parts, MSRs, the pending event, the access log and the count of
 * retired instructions are in it; translations and decoded blocks are not.
 *
 * @threading confined to the vCPU's thread, or to whoever has quiesced it; {@link #attention} from any thread
 */
@ConsumerType
public interface Cpu extends Stateful {
    /**
     * Executes instructions.
     *
     * @param budget
     *            how many to retire at most; in deterministic time the CPU stops at exactly this count
     * @return the exit's reason, as in {@link CpuExit}
     */
    int run(long budget);

    /** {@return the last exit, and after {@link #restore} a pending one whose answer is still due} */
    CpuExit exit();

    /** {@return whether an ACCESS, CPUID or HYPERCALL exit still waits for its answer} */
    boolean answerDue();

    /**
     * Answers the pending ACCESS or HYPERCALL exit.
     *
     * @param value
     *            what was read (only the low {@code size} bytes count); ignored for a write
     */
    void answer(long value);

    /** Answers the pending CPUID exit. */
    void answerCpuid(int eax, int ebx, int ecx, int edx);

    /**
     * Ends the instruction of the pending exit with an exception instead of an answer.
     *
     * @param vector
     *            0 to 31
     * @param errorCode
     *            pushed where the vector has one
     */
    void fault(int vector, int errorCode);

    /** Executes one instruction whose atomic access crosses a cache line, while the caller keeps all other CPUs out. */
    int runExclusive();

    /**
     * Makes {@link #run} return with {@link CpuExit#ATTENTION} at its next block head; remembered if it is not running.
     *
     * @threading any thread
     */
    void attention();

    /** {@return whether {@link #interrupt} would be taken now: IF is set, nothing shadows it, no answer is due} */
    boolean interruptible();

    /** Delivers an external interrupt before the next instruction; only when {@link #interruptible}. */
    void interrupt(int vector);

    /** {@return whether {@link #nmi} would be taken now} */
    boolean nmiAllowed();

    /** Delivers a non-maskable interrupt before the next instruction; only when {@link #nmiAllowed}. */
    void nmi();

    /** Asks for a {@link CpuExit#WINDOW} exit as soon as an interrupt can be taken, or takes the wish back. */
    void window(boolean wanted);

    /** Drops every cached translation: the EPT or the backing behind it has changed. */
    void flushTranslations();

    /** Sets the power-on state (SDM volume 3, "Processor State After Reset"); the retired count is kept. */
    void reset();

    /** Does what an INIT signal does: as {@link #reset}, but the MSRs and the FPU state are kept. */
    void init();

    /** Starts at {@code vector << 12} in real mode, as a start-up IPI does after INIT. */
    void startup(int vector);

    /** {@return a register's value} */
    long register(Register register);

    /**
     * Sets a register; for {@code CR0}, {@code CR4} and {@code EFER} the mode follows. Hidden segment parts have their
     * own.
     */
    void register(Register register, long value);

    /**
     * Sets or clears a breakpoint at a linear address: {@link #run} returns before it executes the instruction there.
     */
    void breakpoint(long linear, boolean set);

    /** {@return how many instructions have been retired since the model was made; exact, also inside context calls} */
    long retired();

    /**
     * {@return what the guest has added to the time stamp counter of {@link CpuContext#timeStampCounter}, by writing
     * IA32_TIME_STAMP_COUNTER or IA32_TSC_ADJUST; a local APIC in TSC-deadline mode needs it}
     */
    default long timeStampAdjustment() {
        return 0;
    }

    /**
     * {@return the linear addresses of the heads of the last blocks executed, oldest first, at most 32: for a person
     * who wants to know how the guest got where it is}
     */
    long[] recentBlocks();
}
