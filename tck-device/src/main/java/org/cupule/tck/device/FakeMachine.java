package org.cupule.tck.device;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.cupule.device.Device;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.Backend;
import org.cupule.device.DeviceSpec.Option;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.device.Mmio;
import org.cupule.device.PciRegisters;
import org.cupule.device.PortIo;
import org.cupule.pci.BarSpec.Kind;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.state.ModelState;
import org.cupule.time.VmTimer;
import org.jspecify.annotations.Nullable;

/**
 * A machine for one device: a clock that the test moves, lines and messages that it can look at, RAM, a byte stream,
 * and the swap as the platform does it (lines and timers are carried over).
 *
 * <pre>
 * var machine = new FakeMachine(new Uart16550Factory());
 * machine.out(0, 'A');
 * assertThat(machine.stream().output()).isEqualTo("A");
 * </pre>
 *
 * @threading confined to the test
 */
public final class FakeMachine {
    /** Where the RAM of the machine begins: not at 0, so that a device that ignores the address is found out. */
    public static final long RAM = 0x10_0000;
    private static final int RAM_BYTES = 0x1_0000;
    private static final int DISK_BYTES = 64 << 10;
    private static final long EPOCH = 1_735_787_045; // Thursday, 2025-01-02 03:04:05 UTC

    private final Map<String, String> options = new HashMap<>();
    private final List<Integer> messages = new ArrayList<>();
    private final FakeStream stream = new FakeStream();
    private final FakeNetwork network = new FakeNetwork();
    private final FakeDisk disk;
    private final FakeControl control;
    private final ManualClock clock;
    private final boolean[] lines;
    private final int[] rises;
    private final List<Window> windows;
    private FakeRam ram = new FakeRam(RAM, RAM_BYTES);
    private final boolean strict;
    private final Set<String> broken = new LinkedHashSet<>();
    private Runnable afterAccess = () -> {
    };
    private @Nullable Trace trace;
    private int msiVectors;
    private boolean messagesFixed;
    private long messageSum;
    private DeviceFactory factory;
    private FakeContext context;
    private Device device;

    /** Makes a machine of 64 MiB with one device from this factory in its power-on state, options standard. */
    public FakeMachine(DeviceFactory factory) {
        this(factory, Map.of());
    }

    /** Makes a machine of 64 MiB with one device with these options. */
    public FakeMachine(DeviceFactory factory, Map<String, String> options) {
        this(factory, options, FakeControl.of(64L << 20), new ManualClock(EPOCH));
    }

    /** Makes a machine with one device. */
    public FakeMachine(DeviceFactory factory, Map<String, String> options, FakeControl control, ManualClock clock) {
        this(factory, options, control, clock, new FakeDisk().content(new byte[DISK_BYTES]), true);
    }

    /** Makes a machine of 64 MiB with one device that is the front of this disk. */
    public FakeMachine(DeviceFactory factory, Map<String, String> options, FakeDisk disk) {
        this(factory, options, FakeControl.of(64L << 20), new ManualClock(EPOCH), disk, true);
    }

    /**
     * {@return a machine that notes what the device must not do ({@link #broken}) and goes on, where others throw as
     * the platform does}
     */
    public static FakeMachine noting(DeviceFactory factory, Map<String, String> options) {
        return new FakeMachine(factory, options, FakeControl.of(64L << 20), new ManualClock(EPOCH),
                new FakeDisk().content(new byte[DISK_BYTES]), false);
    }

    private FakeMachine(DeviceFactory factory, Map<String, String> options, FakeControl control, ManualClock clock,
            FakeDisk disk, boolean strict) {
        this.factory = factory;
        this.strict = strict;
        this.disk = disk;
        this.control = control;
        this.clock = clock;
        DeviceSpec spec = factory.spec();
        spec.options().forEach(option -> this.options.put(option.name(), option.standard()));
        this.options.putAll(options);
        lines = new boolean[spec.pci().isPresent() ? 1 : spec.lines().size()];
        rises = new int[lines.length];
        windows = spec.pci().map(FakeMachine::windowsOf).orElseGet(spec::windows);
        context = new FakeContext(this);
        device = factory.create(context);
        context.commit();
    }

    /** {@return the device that is plugged in now} */
    public Device device() {
        return device;
    }

    /** {@return the machine's clock} */
    public ManualClock clock() {
        return clock;
    }

    /** {@return guest RAM: 64 KiB from {@link #RAM}} */
    public FakeRam ram() {
        return ram;
    }

    /** {@return the host's end of the byte stream} */
    public FakeStream stream() {
        if (factory.spec().backend() != Backend.STREAM) {
            throw new IllegalStateException("the device did not say Backend.STREAM");
        }
        return stream;
    }

    /** {@return the host's end of the network} */
    public FakeNetwork network() {
        if (factory.spec().backend() != Backend.NETWORK) {
            throw new IllegalStateException("the device did not say Backend.NETWORK");
        }
        return network;
    }

    /** {@return its disk: 64 KiB of zeros when nothing else was said} */
    public FakeDisk disk() {
        if (factory.spec().backend() != Backend.DISK) {
            throw new IllegalStateException("the device did not say Backend.DISK");
        }
        return disk;
    }

    /** Lets time pass for the host: what the disk was asked for is done. */
    public void settle() {
        context.settle();
        clock.advance(0);
        context.settle();
    }

    boolean works() {
        return disk.work();
    }

    /** {@return what the device asked of the machine} */
    public FakeControl control() {
        return control;
    }

    /** {@return the level of a line} */
    public boolean line(int index) {
        return lines[index];
    }

    /** {@return how often a line went from low to high} */
    public int rises(int index) {
        return rises[index];
    }

    /** {@return the MSI messages sent, by their vector} */
    public List<Integer> messages() {
        return List.copyOf(messages);
    }

    /** Lets the guest enable so many MSI messages; 0 disables them. */
    public void enableMsi(int vectors) {
        msiVectors = messagesFixed ? msiVectors : vectors;
    }

    /** Enables so many messages for good: what the guest says later does not count. */
    public void fixMsi(int vectors) {
        msiVectors = vectors;
        messagesFixed = true;
    }

    /** {@return what the device needs} */
    public DeviceSpec spec() {
        return factory.spec();
    }

    /** {@return the windows: for a PCI device as many as the highest base address register needs} */
    public List<Window> windows() {
        return windows;
    }

    private static List<Window> windowsOf(PciFunctionSpec pci) {
        int count = pci.bars().stream().mapToInt(bar -> bar.index() + 1).max().orElse(0);
        return IntStream.range(0, count).mapToObj(index -> pci.bars().stream().filter(bar -> bar.index() == index)
                .findFirst().map(bar -> new Window("bar" + index, bar.kind() == Kind.PORTIO, bar.lengthBytes(), -1))
                .orElse(new Window("none", true, 0, -1))).toList();
    }

    /** {@return what a 1-byte read of the first window's port gives} */
    public int in(int offset) {
        return in(0, offset, 1);
    }

    /** Writes one byte to the first window's port. */
    public void out(int offset, int value) {
        out(0, offset, 1, value);
    }

    /**
     * {@return what a read of a port gives, zero-extended; all ones outside the window, where nobody asks the device}
     */
    public int in(int window, int offset, int size) {
        int value = -1;
        if (inside(window, offset, size)) {
            value = ((PortIo) device).readPort(window, offset, size);
            fits(value, size, offset);
            settle();
        }
        int shown = size == 4 ? value : value & (1 << 8 * size) - 1;
        seen('r', window, offset, size, shown);
        return shown;
    }

    /** Writes a port. */
    public void out(int window, int offset, int size, int value) {
        if (inside(window, offset, size)) {
            ((PortIo) device).writePort(window, offset, size, value);
            settle();
        }
        seen('w', window, offset, size, value);
    }

    /** {@return what a read of memory gives, zero-extended; all ones outside the window} */
    public long read(int window, long offset, int size) {
        long value = -1;
        if (inside(window, offset, size)) {
            value = ((Mmio) device).readMmio(window, offset, size);
            fits(value, size, offset);
            settle();
        }
        long shown = size == 8 ? value : value & (1L << 8 * size) - 1;
        seen('r', window, offset, size, shown);
        return shown;
    }

    /** Writes memory. */
    public void write(int window, long offset, int size, long value) {
        if (inside(window, offset, size)) {
            ((Mmio) device).writeMmio(window, offset, size, value);
            settle();
        }
        seen('w', window, offset, size, value);
    }

    /** Reads a live capability. @return the value, zero-extended */
    public int readCapability(int capability, int offset, int size) {
        int value = ((PciRegisters) device).readCapability(capability, offset, size);
        settle();
        int shown = size == 4 ? value : value & (1 << 8 * size) - 1;
        seen('c', capability, offset, size, shown);
        return shown;
    }

    /** Writes a live capability. */
    public void writeCapability(int capability, int offset, int size, int value) {
        ((PciRegisters) device).writeCapability(capability, offset, size, value);
        settle();
        seen('C', capability, offset, size, value);
    }

    /** Above the access there are zeros, or the bits of a sign. */
    private void fits(long value, int size, long offset) {
        long above = size == 8 ? 0 : value >> 8 * size;
        if (above != 0 && above != -1) {
            breaks("answers", new IllegalStateException(
                    "a read of %d bytes at offset 0x%x was answered with 0x%x".formatted(size, offset, value)));
        }
    }

    private boolean inside(int window, long offset, int size) {
        return window >= 0 && window < windows.size() && offset >= 0
                && offset <= windows.get(window).length() - size;
    }

    private void seen(char what, int window, long offset, int size, long value) {
        if (trace != null) {
            trace.add(what, window, offset, size, value, outsideNow());
        }
        afterAccess.run();
    }

    /** {@return what can be seen from outside now, short; without the contents of RAM and disk} */
    private long outsideNow() {
        long sum = clock.nextDeadline();
        for (int i = 0; i < lines.length; i++) {
            sum = 31 * sum + rises[i] * 2L + (lines[i] ? 1 : 0);
        }
        return 31 * (31 * sum + messageSum) + control.calls().size();
    }

    /** Notes all accesses from now on in this trace. */
    public void trace(Trace seen) {
        trace = seen;
    }

    /** Sets what is done after each access, outside the device: a swap, say. */
    public void afterAccess(Runnable action) {
        afterAccess = action;
    }

    /** {@return what the device did that it must not, in a machine that notes it} */
    public Set<String> broken() {
        return java.util.Collections.unmodifiableSet(broken);
    }

    /** Something was done that must not be. @return never in a strict machine */
    private boolean breaks(String rule, RuntimeException failure) {
        broken.add(rule + ": " + failure.getMessage());
        if (strict) {
            throw failure;
        }
        return false;
    }

    /** Resets as the platform does: lines low, timers disarmed, then the device. */
    public void reset() {
        context.disarm();
        java.util.Arrays.fill(lines, false);
        device.reset();
        settle();
        seen('x', 0, 0, 0, 0);
    }

    /** {@return the state in the highest version that the device writes} */
    public ModelState save() {
        return device.save(factory.schema().writes().stream().mapToInt(Integer::intValue).max().orElseThrow());
    }

    /**
     * Swaps the device for one from another factory, as the platform does.
     *
     * @throws org.cupule.state.StateException
     *             when the new device does not take the state; the old one runs on
     */
    public void swapTo(DeviceFactory newer) {
        int version = factory.schema().commonVersion(newer.schema()).orElseThrow();
        ModelState state = device.save(version);
        var next = new FakeContext(this);
        Device made = restored(newer, next, state);
        next.carry(context);
        next.commit();
        context.revoke();
        device.close();
        factory = newer;
        context = next;
        device = made;
        settle();
    }

    private Device restored(DeviceFactory newer, FakeContext next, ModelState state) {
        Runnable heard = stream.heard();
        Runnable heardFrame = network.heard();
        try {
            Device made = newer.create(next);
            made.restore(state);
            return made;
        } catch (RuntimeException failure) {
            next.revoke();
            stream.onInput(heard);
            network.onFrame(heardFrame);
            throw failure;
        }
    }

    /** Unplugs the device: its context is revoked, then it is closed. */
    public void unplug() {
        context.revoke();
        device.close();
    }

    /** {@return a second machine at the same moment, with a fresh device that was given this device's state} */
    public FakeMachine twin() {
        var time = new ManualClock(clock.epochSeconds());
        time.advance(clock.nanos());
        var twin = new FakeMachine(factory, options, new FakeControl(new ArrayList<>(control.calls()),
                control.memoryBytes(), control.lowMemoryBytes(), control.processors()), time, disk.copy(), strict);
        twin.stream.copyFrom(stream);
        twin.network.copyFrom(network);
        twin.ram = ram.copy();
        twin.msiVectors = msiVectors;
        twin.messages.addAll(messages);
        twin.messageSum = messageSum;
        twin.device.restore(save());
        twin.context.carry(context);
        System.arraycopy(lines, 0, twin.lines, 0, lines.length);
        twin.context.settle();
        return twin;
    }

    /** {@return all that can be seen from outside without touching the device} */
    public String outside() {
        return "lines %s messages %s calls %s sent '%s' waiting %d frames %d %d next %s ram %x %s".formatted(
                java.util.Arrays.toString(lines), messages, control.calls(), stream.output(), stream.waiting(),
                network.sent().size(), network.waiting(),
                clock.nextDeadline() == VmTimer.NEVER ? "never" : clock.nextDeadline(),
                java.util.Arrays.hashCode(ram.peek(RAM, ram.lengthBytes())), disk.outside());
    }

    String name() {
        return "device";
    }

    String optionValue(String name) {
        String value = options.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the device asks for option '" + name + "', its spec has only "
                    + factory.spec().options().stream().map(Option::name).toList());
        }
        return value;
    }

    void line(int index, boolean high) {
        if (index < 0 || index >= lines.length) {
            breaks("lines", new IndexOutOfBoundsException(
                    "the device drives line %d; it declared %d".formatted(index, lines.length)));
            return;
        }
        if (high && !lines[index]) {
            rises[index]++;
        }
        lines[index] = high;
    }

    boolean msi(int vector) {
        int vectors = factory.spec().pci().map(PciFunctionSpec::messages).orElse(0);
        if (vector < 0 || vector >= vectors) {
            return breaks("messages", new IndexOutOfBoundsException(
                    "the device sends message %d; it declared %d".formatted(vector, vectors)));
        }
        boolean enabled = vector < msiVectors && ram.mastering();
        if (enabled) {
            messages.add(vector);
            messageSum = 31 * messageSum + vector + 1;
        }
        return enabled;
    }
}
