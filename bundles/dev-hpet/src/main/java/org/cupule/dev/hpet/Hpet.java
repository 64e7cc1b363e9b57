package org.cupule.dev.hpet;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.Mmio;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;
import org.cupule.state.StateSchema;
import org.cupule.time.VmTimer;

/**
 * The event timer's registers, of 64 bits each; halves can be accessed alone.
 *
 * <pre>
 *  000  capabilities    63:32 femtoseconds a tick   31:16 vendor   15 legacy replacement   13 64 bits
 *                       12:8 comparators less one    7:0 revision
 *  010  configuration   1 legacy replacement    0 counter runs, interrupts
 *  020  status          a bit for each level-triggered comparator that matched; write 1 to clear
 *  0F0  main counter
 *  100 + 20n            configuration of comparator n     108 + 20n  comparator    110 + 20n  messages: none
 * </pre>
 *
 * <p>
 * In legacy replacement comparator 0 drives irq 0 and comparator 1 irq 8, wherever they are routed to.
 *
 * @threading confined to the device's gate
 */
final class Hpet implements Device, Mmio {
    static final StateSchema SCHEMA = StateSchema.first("hpet");
    static final int COMPARATORS = 3;

    private static final long CAPABILITIES = MainCounter.NANOS * 1_000_000 << 32 | 0x8086_A201L;
    private static final int CONFIGURATION = 0x10;
    private static final int STATUS = 0x20;
    private static final int COUNTER = 0xF0;
    private static final int FIRST = 0x100;
    private static final int STRIDE = 0x20;
    private static final int ENABLE = 1;
    private static final int LEGACY = 2;
    private static final int LINES = 2 + Comparator.INPUTS;
    private static final int LEGACY_LINES = 2;
    /** A match that lies further away, in years, is looked for again when this time has passed. */
    private static final long FAR = 1L << 56;

    private final DeviceContext context;
    private final MainCounter counter = new MainCounter();
    private final List<Comparator> comparators = Stream.generate(Comparator::new).limit(COMPARATORS).toList();
    private final List<VmTimer> timers;
    private int configuration;
    private int status;
    /** Lines that an edge has left high, a bit each. */
    private int high;
    /** The level of each line, a bit each. */
    private int shown;

    Hpet(DeviceContext context) {
        this.context = context;
        timers = IntStream.range(0, COMPARATORS)
                .mapToObj(i -> context.timer("comparator" + i, this::matchesDue)).toList();
        comparators.forEach(Comparator::reset);
    }

    @Override
    public void reset() {
        configuration = 0;
        status = 0;
        high = 0;
        shown = 0;
        counter.reset();
        comparators.forEach(Comparator::reset);
    }

    private long now() {
        return counter.value(context.clock().nanos());
    }

    // ------------------------------------------------------------------ registers

    @Override
    public long readMmio(int window, long offset, int size) {
        int shift = 8 * ((int) offset & 7);
        if (shift + 8 * size > Long.SIZE) {
            return -1;
        }
        matchesDue();
        long value = register((int) offset & ~7) >>> shift;
        return size == 8 ? value : value & (1L << 8 * size) - 1;
    }

    private long register(int register) {
        return switch (register) {
            case 0 -> CAPABILITIES;
            case CONFIGURATION -> configuration;
            case STATUS -> status;
            case COUNTER -> now();
            default -> {
                Comparator comparator = comparator(register);
                yield comparator == null ? 0 : switch (register & STRIDE - 1) {
                    case 0 -> comparator.config();
                    case 8 -> comparator.value();
                    default -> 0;
                };
            }
        };
    }

    private @org.jspecify.annotations.Nullable Comparator comparator(int register) {
        int number = (register - FIRST) / STRIDE;
        return register >= FIRST && number < COMPARATORS ? comparators.get(number) : null;
    }

    /** Registers take 32 or 64 bits, aligned (section 2.3.1); anything else goes nowhere. */
    @Override
    public void writeMmio(int window, long offset, int size, long value) {
        if (size < 4 || (offset & size - 1) != 0) {
            return;
        }
        catchUp();
        int shift = 8 * ((int) offset & 7);
        long changed = size == 8 ? -1 : 0xFFFF_FFFFL << shift;
        write((int) offset & ~7, value << shift, changed);
        settle();
    }

    private void write(int register, long value, long changed) {
        switch (register) {
            case CONFIGURATION -> configure((int) (configuration & ~changed | value & changed) & (ENABLE | LEGACY));
            case STATUS -> status &= ~(int) value;
            case COUNTER -> setCounter(now() & ~changed | value & changed);
            default -> {
                Comparator comparator = comparator(register);
                if (comparator != null) {
                    write(comparator, register & STRIDE - 1, value, changed);
                }
            }
        }
    }

    private void write(Comparator comparator, int register, long value, long changed) {
        switch (register) {
            case 0 -> comparator.configure(value, changed);
            case 8 -> comparator.write(value, changed, now());
            default -> {
                // no messages
            }
        }
    }

    private void configure(int fresh) {
        configuration = fresh;
        boolean runs = (fresh & ENABLE) != 0;
        if (runs != counter.running()) {
            counter.run(runs, context.clock().nanos());
        }
    }

    private void setCounter(long value) {
        counter.set(value, context.clock().nanos());
        comparators.forEach(comparator -> comparator.begin(value));
    }

    // ------------------------------------------------------------------ matches and lines

    private void matchesDue() {
        catchUp();
        settle();
    }

    /** Notices the matches that there were since somebody last looked. */
    private void catchUp() {
        if (!counter.running()) {
            return;
        }
        long now = now();
        for (int i = 0; i < COMPARATORS; i++) {
            if (comparators.get(i).catchUp(now)) {
                matched(i, comparators.get(i));
            }
        }
    }

    private void matched(int number, Comparator comparator) {
        if (comparator.level()) {
            status |= 1 << number;
            return;
        }
        int line = line(number);
        if (line >= 0) {
            context.line(line, false);
            context.line(line, true);
            high |= 1 << line;
            shown |= 1 << line;
        }
    }

    /** {@return the line that a comparator drives now, or -1} */
    private int line(int number) {
        Comparator comparator = comparators.get(number);
        if ((configuration & ENABLE) == 0 || !comparator.interrupts()) {
            return -1;
        }
        if ((configuration & LEGACY) != 0 && number < LEGACY_LINES) {
            return number;
        }
        int input = comparator.input() - Comparator.FIRST_INPUT;
        return input >= 0 ? LEGACY_LINES + input : -1;
    }

    /** {@return each line's level: high by a level, or left high by an edge of a comparator that still drives it} */
    private int levels() {
        int edges = 0;
        int asserted = 0;
        for (int i = 0; i < COMPARATORS; i++) {
            int line = line(i);
            if (line >= 0 && !comparators.get(i).level()) {
                edges |= 1 << line;
            } else if (line >= 0 && (status >> i & 1) != 0) {
                asserted |= 1 << line;
            }
        }
        high &= edges;
        return asserted | high;
    }

    private void drive() {
        int levels = levels();
        for (int changed = levels ^ shown; changed != 0; changed &= changed - 1) {
            int line = Integer.numberOfTrailingZeros(changed);
            context.line(line, (levels >> line & 1) != 0);
        }
        shown = levels;
    }

    private void settle() {
        drive();
        for (int i = 0; i < COMPARATORS; i++) {
            Comparator comparator = comparators.get(i);
            if (line(i) >= 0) {
                long next = comparator.next();
                timers.get(i).arm(counter.when(comparator.seen(), next < 0 || next > FAR ? FAR : next));
            } else {
                timers.get(i).disarm();
            }
        }
    }

    // ------------------------------------------------------------------ state

    @Override
    public StateSchema schema() {
        return SCHEMA;
    }

    @Override
    public ModelState save(int version) {
        return counter.save(ModelState.of(SCHEMA.kind(), 1)).put("configuration", configuration)
                .put("status", status).put("high", high)
                .put("comparators", comparators.stream().map(Comparator::save).toList()).build();
    }

    @Override
    public void restore(ModelState state) {
        if (!state.kind().equals(SCHEMA.kind()) || state.version() != 1) {
            throw new StateException("hpet reads version 1 of its own state, not %s version %d"
                    .formatted(state.kind(), state.version()));
        }
        List<ModelState> saved = state.list("comparators");
        if (saved.size() != COMPARATORS) {
            throw new StateException("hpet has %d comparators, not %d".formatted(COMPARATORS, saved.size()));
        }
        counter.restore(state);
        configuration = (int) state.number("configuration", 0, ENABLE | LEGACY);
        status = (int) state.number("status", 0, (1 << COMPARATORS) - 1);
        high = (int) state.number("high", 0, (1 << LINES) - 1);
        for (int i = 0; i < COMPARATORS; i++) {
            comparators.get(i).restore(saved.get(i));
        }
        shown = levels();
    }
}
