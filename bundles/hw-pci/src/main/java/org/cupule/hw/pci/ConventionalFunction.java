package org.cupule.hw.pci;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.cupule.pci.BarSpec;
import org.cupule.pci.BarSpec.Kind;
import org.cupule.pci.PciBusContext;
import org.cupule.pci.PciFunction;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.pci.PciFunctionSpec.Capability;
import org.cupule.pci.PciFunctionSpec.MsixTable;
import org.cupule.state.ModelState;
import org.cupule.types.Bdf;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;

/**
 * One function: its configuration space, what its base address registers decode, its pin and its messages.
 *
 * @threading any thread. Its monitor guards the fields and is never held while the context is told something;
 *            {@code writers} keeps what is told in the order of the writes. Order: writers, then monitor.
 */
final class ConventionalFunction implements PciFunction {
    /** A base address is a physical address: at most 52 bits (Intel SDM volume 3, "Paging"). */
    private static final long PHYSICAL_END = 1L << 52;

    private final Bdf address;
    private final PciFunctionSpec spec;
    private final ConfigSpace space;
    private final PciBusContext context;
    private final Optional<MsiCapability> msi;
    private final Optional<MsixCapability> msix;
    private final ReentrantLock writers = new ReentrantLock();
    private boolean asserted;
    private boolean gone;

    ConventionalFunction(Bdf address, PciFunctionSpec spec, ConfigSpace space, PciBusContext context) {
        this.address = address;
        this.spec = spec;
        this.space = space;
        this.context = context;
        var at = TypeZero.msi(spec);
        msi = at.isPresent()
                ? Optional.of(new MsiCapability(space, at.getAsInt(), spec.msiVectors()))
                : Optional.empty();
        msix = spec.msix().map(table -> new MsixCapability(space, TypeZero.msix(spec).orElseThrow(), table));
    }

    @Override
    public Bdf address() {
        return address;
    }

    @Override
    public PciFunctionSpec spec() {
        return spec;
    }

    @Override
    public synchronized Optional<IoRange> range(int bar) {
        return spec.bars().stream().filter(each -> each.index() == bar).findFirst().flatMap(this::decoded);
    }

    @Override
    public synchronized boolean busMaster() {
        return !gone && (command() & TypeZero.BUS_MASTER) != 0;
    }

    @Override
    public synchronized Optional<Msi> message(int vector) {
        if (!busMaster()) {
            return Optional.empty();
        }
        return msixEnabled()
                ? msix.flatMap(capability -> capability.message(vector))
                : msi.flatMap(capability -> capability.message(vector));
    }

    private boolean msixEnabled() {
        return msix.isPresent() && msix.get().enabled();
    }

    @Override
    public synchronized long readMsix(long offset, int size) {
        return msix.map(capability -> capability.read(offset, size)).orElse(0L);
    }

    /** Without the writers' lock: who writes is inside its device's gate, which a writer may be waiting for. */
    @Override
    public void writeMsix(long offset, int size, long value) {
        writtenMsix(offset, size, value).forEach(message -> context.message(address, message));
    }

    private synchronized List<Msi> writtenMsix(long offset, int size, long value) {
        msix.ifPresent(capability -> capability.write(offset, size, value));
        return released();
    }

    /** {@return the messages that were pending and may go now} */
    private List<Msi> released() {
        if (!busMaster()) {
            return List.of();
        }
        return msixEnabled()
                ? msix.map(MsixCapability::released).orElse(List.of())
                : msi.map(MsiCapability::released).orElse(List.of());
    }

    @Override
    public synchronized boolean intx(boolean high) {
        asserted = high && spec.intxPin() != 0;
        return pin();
    }

    /** {@return a register as the guest sees it; what is live in it is asked of the device, without a lock held} */
    int read(int register, int size) {
        int capability = live(register);
        return capability < 0
                ? stored(register, size)
                : context.readCapability(address, capability, register - TypeZero.further(spec, capability), size);
    }

    /** {@return the index of the live capability at a register, or -1} */
    private int live(int register) {
        for (int i = 0; i < spec.capabilities().size(); i++) {
            Capability capability = spec.capabilities().get(i);
            if (capability.live()) {
                int offset = register - TypeZero.further(spec, i);
                if (offset >= 4 && offset < TypeZero.lengthOf(capability)) {
                    return i;
                }
            }
        }
        return -1;
    }

    /** {@return a register with the bits that are not stored: interrupt status} */
    private synchronized int stored(int register, int size) {
        int word = register & ~3;
        long shown = word == TypeZero.COMMAND && asserted ? TypeZero.INTX_STATUS << 16 : 0;
        long value = (space.get(word, 4) | shown) >>> 8 * (register & 3);
        return (int) (value & (1L << 8 * size) - 1);
    }

    void write(int register, int size, int value) {
        int capability = live(register);
        if (capability < 0) {
            change(() -> space.write(register, size, value));
        } else {
            context.writeCapability(address, capability, register - TypeZero.further(spec, capability), size, value);
        }
    }

    void reset() {
        change(() -> {
            space.reset();
            msix.ifPresent(MsixCapability::reset);
            asserted = false;
        });
    }

    /** Leaves the bus: decodes nothing and sends nothing from now on. */
    void leave() {
        change(() -> gone = true);
    }

    synchronized ModelState save() {
        var state = ModelState.of("pci-function", 1).put("address", address.packed())
                .put("registers", space.toBytes()).put("asserted", asserted);
        msix.ifPresent(capability -> state.put("msixTable", capability.tableBytes())
                .put("msixPending", capability.pendingBytes()));
        return state.build();
    }

    /** Refuses a state that this function cannot have. */
    synchronized void check(ModelState state) {
        space.check(state.bytes("registers", ConfigSpace.LENGTH));
        state.flag("asserted");
        spec.msix().ifPresent(table -> msix.orElseThrow().check(state.bytes("msixTable", 16 * table.vectors()),
                state.bytes("msixPending", MsixTable.pendingBytes(table.vectors()))));
    }

    /** Takes a state that was checked. */
    void restore(ModelState state) {
        change(() -> {
            space.restore(state.bytes("registers"));
            msix.ifPresent(capability -> capability.restore(state.bytes("msixTable"), state.bytes("msixPending")));
            asserted = state.flag("asserted");
        });
    }

    private void change(Runnable change) {
        writers.lock();
        try {
            changed(change).forEach(Runnable::run);
        } finally {
            writers.unlock();
        }
    }

    /** Changes something and returns what the context must be told of it, in order. */
    private synchronized List<Runnable> changed(Runnable change) {
        List<Optional<IoRange>> rangesBefore = ranges();
        boolean pinBefore = pin();
        change.run();
        var news = new ArrayList<Runnable>();
        compare(rangesBefore, ranges(), news);
        boolean pinNow = pin();
        if (pinBefore != pinNow) {
            news.add(() -> context.intx(address, spec.intxPin(), pinNow));
        }
        released().forEach(message -> news.add(() -> context.message(address, message)));
        return news;
    }

    private void compare(List<Optional<IoRange>> before, List<Optional<IoRange>> after, List<Runnable> news) {
        var mapped = new ArrayList<Runnable>();
        for (int i = 0; i < before.size(); i++) {
            int bar = spec.bars().get(i).index();
            if (!before.get(i).equals(after.get(i))) {
                before.get(i).ifPresent(range -> news.add(() -> context.unmapped(address, bar, range)));
                after.get(i).ifPresent(range -> mapped.add(() -> context.mapped(address, bar, range)));
            }
        }
        news.addAll(mapped);
    }

    private List<Optional<IoRange>> ranges() {
        return spec.bars().stream().map(this::decoded).toList();
    }

    private Optional<IoRange> decoded(BarSpec bar) {
        int needed = bar.kind() == Kind.PORTIO ? TypeZero.DECODE_PORTS : TypeZero.DECODE_MEMORY;
        if (gone || (command() & needed) == 0) {
            return Optional.empty();
        }
        long first = space.get(TypeZero.BARS + 4 * bar.index(), bar.kind().wide() ? 8 : 4) & -bar.lengthBytes();
        long length = bar.lengthBytes();
        return Stream.of(first).filter(base -> decodable(bar.kind(), base, base + length - 1))
                .map(base -> bar.kind() == Kind.PORTIO
                        ? IoRange.ports((int) (long) base, (int) length)
                        : IoRange.mmio(base, length))
                .findFirst();
    }

    /**
     * Address 0 is what a register holds before it was given one, and the end of the first 4 GiB is where it points
     * while its size is asked: guests do both with decoding on, and neither may hide what lies there.
     */
    private static boolean decodable(Kind kind, long first, long last) {
        if (kind == Kind.PORTIO) {
            return first != 0 && last <= 0xFFFF;
        }
        return first != 0 && last != 0xFFFF_FFFFL && Long.compareUnsigned(last, PHYSICAL_END) < 0;
    }

    private int command() {
        return (int) space.get(TypeZero.COMMAND, 2);
    }

    private boolean pin() {
        boolean messages = msixEnabled() || msi.isPresent() && msi.get().enabled();
        return asserted && !gone && !messages && (command() & TypeZero.INTX_DISABLE) == 0;
    }
}
