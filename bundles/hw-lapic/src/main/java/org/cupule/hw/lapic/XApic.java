package org.cupule.hw.lapic;

import static org.cupule.hw.lapic.ApicRegister.*;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.cupule.hardware.Lapic;
import org.cupule.hardware.LapicContext;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;

/**
 * A local APIC with its registers as fields.
 *
 * <pre>
 *  message, LVT, self IPI --> accept --> IRR --+            TPR --+
 *                               |              | pending()        +--> PPR: what may interrupt now
 *                               v              v                  |
 *                              TMR       acknowledge --> ISR -----+
 *                               |                         |
 *                               +--- EOI of a level ------+--> context.endOfInterrupt
 * </pre>
 *
 * <p>
 * It has six local vectors, and can suppress EOI broadcasts; CMCI and the APR are not there. Source: Intel SDM volume
 * 3, "Advanced Programmable Interrupt Controller (APIC)".
 *
 * @threading as {@link Lapic} says
 */
public final class XApic implements Lapic {
    static final StateSchema SCHEMA = StateSchema.first("lapic");

    /** Version 0x15, last local vector 5, EOI broadcasts can be suppressed. */
    private static final int VERSION_VALUE = 0x0105_0015;
    /** {@link #priority} while no interrupt is taken: behind every other APIC. */
    private static final int TAKES_NONE = 16;
    private static final VarHandle PRIORITY;

    static {
        try {
            PRIORITY = MethodHandles.lookup().findVarHandle(XApic.class, "priority", int.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final LapicContext context;
    /** The initial APIC id; in x2APIC mode, the id. */
    final int apicId;
    final ApicTimer timer;
    final VectorSet isr = new VectorSet();
    final VectorSet tmr = new VectorSet();
    final VectorSet irr = new VectorSet();
    final LocalVectorTable lvt = new LocalVectorTable();
    final ErrorStatus errors = new ErrorStatus();
    long base;
    /** The xAPIC's id, 8 bits. */
    int id;
    int tpr;
    int ldr;
    int dfr;
    int svr;
    long icr;
    private int ppr;
    /** What other threads match destinations with: one word, so they never see half a change. */
    private volatile long address;
    /** Priority class for other threads; a hint that may be late, so opaque access is enough. */
    private int priority;

    /** Makes the APIC of one vCPU, in its power-on state. */
    XApic(int apicId, LapicContext context) {
        this.apicId = apicId;
        this.context = context;
        this.timer = new ApicTimer(context);
        reset();
    }

    @Override
    public int read(int offset) {
        if (mode() == ApicMode.DISABLED) {
            return -1;
        }
        if (offset >= ISR && offset < ESR) {
            return readVectors(offset);
        }
        if (offset >= LVT_TIMER && offset <= LVT_ERROR) {
            return lvt.entry((offset - LVT_TIMER) >> 4);
        }
        return switch (offset) {
            case ID -> x2apic() ? apicId : id << 24;
            case VERSION -> VERSION_VALUE;
            case TPR -> tpr;
            case PPR -> ppr;
            case APR, EOI, RRD -> 0;
            case LDR -> x2apic() ? ApicAddress.derived(apicId) : ldr;
            case DFR -> dfr;
            case SVR -> svr;
            case ESR -> errors.shown;
            case ICR_LOW -> (int) icr;
            case ICR_HIGH -> (int) (icr >>> 32);
            case INITIAL_COUNT -> timer.initialCount();
            case CURRENT_COUNT -> readCurrentCount();
            case DIVIDE -> timer.divide();
            default -> illegalRegister();
        };
    }

    /** A guest that polls the IRR must find a timer interrupt that is due, whatever the host's timer does. */
    private int readVectors(int offset) {
        int index = offset >> 4 & 7;
        if (offset < TMR) {
            return isr.register(index);
        }
        if (offset < IRR) {
            return tmr.register(index);
        }
        settle();
        return irr.register(index);
    }

    private int readCurrentCount() {
        settle();
        return timer.currentCount();
    }

    private int illegalRegister() {
        error(ErrorStatus.ILLEGAL_REGISTER);
        return 0;
    }

    @Override
    public void write(int offset, int value) {
        if (mode() == ApicMode.DISABLED) {
            return;
        }
        if (offset >= LVT_TIMER && offset <= LVT_ERROR) {
            writeLocalVector((offset - LVT_TIMER) >> 4, value);
            return;
        }
        switch (offset) {
            case TPR -> taskPriority(value & 0xFF);
            case EOI -> endOfInterrupt();
            case ICR_LOW ->
                sendIpi(icr & 0xFFFF_FFFF_0000_0000L | value & InterruptCommand.WRITABLE, (int) (icr >>> 56));
            case ICR_HIGH -> icr = (long) (value & 0xFF00_0000) << 32 | icr & 0xFFFF_FFFFL;
            case INITIAL_COUNT -> startTimer(value);
            case DIVIDE -> divideTimer(value);
            case SVR -> writeSpuriousVector(value & SpuriousVector.WRITABLE);
            case ESR -> errors.write();
            case ID -> id = value >>> 24;
            case LDR -> ldr = value & 0xFF00_0000;
            case DFR -> dfr = value | 0x0FFF_FFFF;
            default -> writeOther(offset);
        }
        if (offset == ID || offset == LDR || offset == DFR) {
            publishAddress();
        }
    }

    private void writeOther(int offset) {
        if (!ApicRegister.inPage(offset)) {
            error(ErrorStatus.ILLEGAL_REGISTER);
        }
    }

    @Override
    public boolean readMsr(int msr, long[] out) {
        if (msr == MSR_BASE) {
            out[0] = base;
            return true;
        }
        if (msr == MSR_TSC_DEADLINE) {
            settle();
            out[0] = timer.tscDeadline();
            return true;
        }
        int offset = msr - MSR_X2APIC << 4;
        if (!x2apic() || msr < MSR_X2APIC || !ApicRegister.msrReadable(offset)) {
            return false;
        }
        out[0] = offset == ICR_LOW ? icr : read(offset) & 0xFFFF_FFFFL;
        return true;
    }

    @Override
    public boolean writeMsr(int msr, long value) {
        if (msr == MSR_BASE) {
            return writeBase(value);
        }
        if (msr == MSR_TSC_DEADLINE) {
            settle();
            timer.tscDeadline(value);
            settle();
            return true;
        }
        int offset = msr - MSR_X2APIC << 4;
        if (!x2apic() || msr < MSR_X2APIC || !ApicRegister.msrWritable(offset, value)) {
            return false;
        }
        switch (offset) {
            case ICR_LOW -> sendIpi(value, (int) (value >>> 32));
            case SELF_IPI -> sendSelf((int) value);
            default -> write(offset, (int) value);
        }
        return true;
    }

    private boolean writeBase(long value) {
        if (!ApicMode.legal(base, value)) {
            return false;
        }
        int from = ApicMode.of(base);
        int to = ApicMode.of(value);
        base = value;
        if (from != to && to == ApicMode.DISABLED) {
            clear();
        } else if (from == ApicMode.DISABLED) {
            id = apicId & 0xFF;
        } else if (from != to) {
            icr &= 0xFFFF_FFFFL;
        }
        publishAddress();
        return true;
    }

    @Override
    public long base() {
        return base;
    }

    @Override
    public int cr8() {
        return tpr >> 4;
    }

    @Override
    public void cr8(int newPriority) {
        taskPriority((newPriority & 0xF) << 4);
    }

    private void taskPriority(int value) {
        tpr = value;
        updatePriority();
    }

    /** "Task and Processor Priorities": the class is the higher one of TPR and the highest vector in service. */
    private void updatePriority() {
        int service = Math.max(isr.highest(), 0);
        ppr = tpr >> 4 >= service >> 4 ? tpr : service & 0xF0;
        publishPriority();
    }

    @Override
    public void accept(int vector, boolean level) {
        if (!enabled()) {
            return;
        }
        int number = vector & 0xFF;
        if (number < 16) {
            error(ErrorStatus.RECEIVE_ILLEGAL_VECTOR);
            return;
        }
        irr.add(number);
        if (level) {
            tmr.add(number);
        } else {
            tmr.remove(number);
        }
    }

    @Override
    public int pending() {
        int vector = irr.highest();
        return vector >> 4 > ppr >> 4 ? vector : -1;
    }

    @Override
    public int acknowledge() {
        int vector = pending();
        if (vector >= 0) {
            irr.remove(vector);
            isr.add(vector);
            updatePriority();
        }
        return vector;
    }

    private void endOfInterrupt() {
        int vector = isr.highest();
        if (vector < 0) {
            return;
        }
        isr.remove(vector);
        updatePriority();
        if (tmr.contains(vector)) {
            if ((svr & SpuriousVector.SUPPRESS_EOI_BROADCAST) == 0) {
                context.endOfInterrupt(vector);
            }
            lvt.end(vector);
            holdLevel();
        }
    }

    private void sendIpi(long value, int destination) {
        icr = value;
        if (InterruptCommand.illegalVector(value)) {
            error(ErrorStatus.SEND_ILLEGAL_VECTOR);
        } else if (InterruptCommand.fixedToSelf(value)) {
            accept(InterruptCommand.vector(value), false);
        } else if (InterruptCommand.known(value)) {
            context.send(InterruptCommand.ipi(value, destination));
        }
    }

    private void sendSelf(int vector) {
        if (vector < 16) {
            error(ErrorStatus.SEND_ILLEGAL_VECTOR);
        } else {
            accept(vector, false);
        }
    }

    private void writeSpuriousVector(int value) {
        settle();
        svr = value;
        if (!enabled()) {
            lvt.maskAll();
            armTimer();
        }
        publishPriority();
    }

    private void error(int bit) {
        if (errors.collect(bit, lvt.masked(LocalVector.ERROR))) {
            accept(lvt.entry(LocalVector.ERROR), false);
        }
    }

    private void writeLocalVector(int entry, int value) {
        if (entry == LocalVector.TIMER) {
            settle();
            lvt.write(entry, value, enabled());
            timer.mode(LocalVector.timerMode(lvt.entry(entry)));
            armTimer();
        } else {
            lvt.write(entry, value, enabled());
            holdLevel();
        }
    }

    @Override
    public boolean passesExtInt() {
        return mode() == ApicMode.DISABLED || lvt.passes(LocalVector.LINT0, EXTINT);
    }

    @Override
    public boolean passesNmi() {
        return mode() == ApicMode.DISABLED || lvt.passes(LocalVector.LINT1, NMI);
    }

    @Override
    public void lint(int pin, boolean high) {
        if (lvt.edge(pin, high)) {
            accept(lvt.entry(LocalVector.LINT0 + pin), false);
        }
        holdLevel();
    }

    private void holdLevel() {
        if (lvt.holdLevel()) {
            accept(lvt.entry(LocalVector.LINT0), true);
        }
    }

    @Override
    public void timer() {
        timer.fired();
        settle();
    }

    private void startTimer(int count) {
        settle();
        timer.initialCount(count);
        armTimer();
    }

    private void divideTimer(int value) {
        settle();
        timer.divide(value);
        armTimer();
    }

    /** Brings the timer up to date: an expiry that nobody has noticed yet happens now. */
    private void settle() {
        if (timer.expire() && !lvt.masked(LocalVector.TIMER)) {
            accept(lvt.entry(LocalVector.TIMER), false);
        }
        armTimer();
    }

    private void armTimer() {
        timer.arm(!lvt.masked(LocalVector.TIMER));
    }

    @Override
    public void reset() {
        base = ApicMode.POWER_ON | (apicId == 0 ? ApicMode.BOOTSTRAP : 0);
        id = apicId & 0xFF;
        clear();
        publishAddress();
    }

    @Override
    public void init() {
        clear();
        publishAddress();
    }

    /** Sets every register but the base and the id; the levels of the inputs are not registers. */
    private void clear() {
        tpr = 0;
        ldr = 0;
        dfr = -1;
        svr = SpuriousVector.POWER_ON;
        errors.reset();
        icr = 0;
        isr.clear();
        tmr.clear();
        irr.clear();
        lvt.reset();
        timer.reset();
        armTimer();
        updatePriority();
    }

    @Override
    public boolean matches(int destination, boolean logical) {
        return ApicAddress.matches(address, destination, logical);
    }

    @Override
    public int priority() {
        return (int) PRIORITY.getOpaque(this);
    }

    private void publishAddress() {
        int mode = mode();
        address = ApicAddress.of(mode, mode == ApicMode.X2APIC ? apicId : id, ldr, dfr);
    }

    private void publishPriority() {
        PRIORITY.setOpaque(this, enabled() ? ppr >> 4 : TAKES_NONE);
    }

    private int mode() {
        return ApicMode.of(base);
    }

    private boolean x2apic() {
        return mode() == ApicMode.X2APIC;
    }

    /** {@return whether it takes fixed interrupts; an APIC that is off has the enable bit of power-on, which is 0} */
    private boolean enabled() {
        return (svr & SpuriousVector.ENABLE) != 0;
    }

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        return XApicState.save(this);
    }

    @Override
    public void restore(ModelState state) {
        XApicState.restore(this, state);
        publishAddress();
        updatePriority();
        armTimer();
    }
}
