package org.cupule.hv.sim;

import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.hardware.Ipi;
import org.cupule.hardware.Lapic;
import org.cupule.hardware.LapicContext;
import org.cupule.hardware.LapicFactory;
import org.cupule.state.ModelState;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;

/** A local APIC of the fewest parts: an IRR without priorities, a timer, an ICR, whose writes are kept. */
final class FakeLapic implements Lapic {
    /** Register that sends its value as a fixed IPI to the id in bits 15:8. */
    static final int SEND_FIXED = 0x300;
    /** Register that arms the timer so many nanoseconds from now; it delivers {@link #TIMER_VECTOR}. */
    static final int TIMER = 0x380;
    static final int TIMER_VECTOR = 0xEC;
    static final int EOI = 0xB0;

    record Factory(ModelInfo info, List<FakeLapic> made) implements LapicFactory {
        @Override
        public StateSchema schema() {
            return StateSchema.first("lapic");
        }

        @Override
        public Lapic create(int apicId, LapicContext context) {
            var lapic = new FakeLapic(apicId, context);
            made.add(lapic);
            return lapic;
        }
    }

    final List<String> events = new CopyOnWriteArrayList<>();
    final ConcurrentHashMap<Integer, Integer> registers = new ConcurrentHashMap<>();
    final LapicContext context;
    volatile boolean passesExtInt = true;
    volatile int priority;
    private final int apicId;
    private final TreeSet<Integer> irr = new TreeSet<>();
    private int cr8;
    private long base;

    private FakeLapic(int apicId, LapicContext context) {
        this.apicId = apicId;
        this.context = context;
        this.base = base();
    }

    static Factory factory() {
        return new Factory(new ModelInfo("lapic", "few-parts", "1.0.0", "for tests"), new CopyOnWriteArrayList<>());
    }

    @Override
    public int read(int offset) {
        return registers.getOrDefault(offset, 0);
    }

    @Override
    public void write(int offset, int value) {
        registers.put(offset, value);
        switch (offset) {
            case SEND_FIXED -> context.send(new Ipi(value >>> 8 & 0xFF, false, value >>> 16 & 3, value >>> 20 & 7,
                    value & 0xFF, true, false));
            case TIMER -> context.timerAt(context.clock().nanos() + value);
            case EOI -> context.endOfInterrupt(value);
            default -> {
            }
        }
    }

    @Override
    public boolean readMsr(int msr, long[] out) {
        out[0] = base;
        return msr == 0x1B;
    }

    @Override
    public boolean writeMsr(int msr, long value) {
        base = msr == 0x1B ? value : base;
        return msr == 0x1B;
    }

    @Override
    public long base() {
        return base != 0 ? base : 0xFEE0_0800L | (apicId == 0 ? 0x100 : 0);
    }

    @Override
    public int cr8() {
        return cr8;
    }

    @Override
    public void cr8(int priority) {
        cr8 = priority;
    }

    @Override
    public void accept(int vector, boolean level) {
        events.add("accept " + Integer.toHexString(vector));
        irr.add(vector);
    }

    @Override
    public int pending() {
        return irr.isEmpty() ? -1 : irr.last();
    }

    @Override
    public int acknowledge() {
        return irr.isEmpty() ? -1 : irr.pollLast();
    }

    @Override
    public boolean passesExtInt() {
        return passesExtInt;
    }

    @Override
    public boolean passesNmi() {
        return true;
    }

    @Override
    public void lint(int pin, boolean high) {
        events.add("lint " + pin + (high ? " high" : " low"));
    }

    @Override
    public void timer() {
        events.add("timer");
        irr.add(TIMER_VECTOR);
    }

    @Override
    public void reset() {
        events.add("reset");
        irr.clear();
    }

    @Override
    public void init() {
        events.add("init");
        irr.clear();
    }

    @Override
    public boolean matches(int destination, boolean logical) {
        return destination == 0xFF || destination == apicId;
    }

    @Override
    public int priority() {
        return priority;
    }

    @Override
    public StateSchema schema() {
        return StateSchema.first("lapic");
    }

    @Override
    public ModelState save(int version) {
        return ModelState.of("lapic", version).put("irr", irr.stream().mapToLong(i -> i).toArray()).put("base", base)
                .build();
    }

    @Override
    public void restore(ModelState state) {
        irr.clear();
        for (long vector : state.longs("irr")) {
            irr.add((int) vector);
        }
        base = state.number("base");
    }
}
