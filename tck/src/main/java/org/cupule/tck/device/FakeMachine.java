package org.cupule.tck.device;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.cupule.device.Device;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.Backend;
import org.cupule.device.DeviceSpec.Option;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.device.Mmio;
import org.cupule.device.PortIo;
import org.cupule.pci.BarSpec.Kind;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.state.ModelState;
import org.cupule.time.VmTimer;

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
    private FakeRam ram = new FakeRam(RAM, RAM_BYTES);
    private int msiVectors;
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
        this(factory, options, control, clock, new FakeDisk().content(new byte[DISK_BYTES]));
    }

    /** Makes a machine of 64 MiB with one device that is the front of this disk. */
    public FakeMachine(DeviceFactory factory, Map<String, String> options, FakeDisk disk) {
        this(factory, options, FakeControl.of(64L << 20), new ManualClock(EPOCH), disk);
    }

    private FakeMachine(DeviceFactory factory, Map<String, String> options, FakeControl control, ManualClock clock,
            FakeDisk disk) {
        this.factory = factory;
        this.disk = disk;
        this.control = control;
        this.clock = clock;
        DeviceSpec spec = factory.spec();
        spec.options().forEach(option -> this.options.put(option.name(), option.standard()));
        this.options.putAll(options);
        lines = new boolean[spec.pci().isPresent() ? 1 : spec.lines().size()];
        rises = new int[lines.length];
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
        msiVectors = vectors;
    }

    /** {@return the windows: for a PCI device as many as the highest base address register needs} */
    public List<Window> windows() {
        return factory.spec().pci().map(FakeMachine::windowsOf).orElseGet(() -> factory.spec().windows());
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

    /** {@return what a read of a port gives, zero-extended} */
    public int in(int window, int offset, int size) {
        int value = ((PortIo) device).readPort(window, offset, size);
        settle();
        return size == 4 ? value : value & (1 << 8 * size) - 1;
    }

    /** Writes a port. */
    public void out(int window, int offset, int size, int value) {
        ((PortIo) device).writePort(window, offset, size, value);
        settle();
    }

    /** {@return what a read of memory gives, zero-extended} */
    public long read(int window, long offset, int size) {
        long value = ((Mmio) device).readMmio(window, offset, size);
        settle();
        return size == 8 ? value : value & (1L << 8 * size) - 1;
    }

    /** Writes memory. */
    public void write(int window, long offset, int size, long value) {
        ((Mmio) device).writeMmio(window, offset, size, value);
        settle();
    }

    /** Resets as the platform does: lines low, timers disarmed, then the device. */
    public void reset() {
        context.disarm();
        java.util.Arrays.fill(lines, false);
        device.reset();
        settle();
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
                control.memoryBytes(), control.lowMemoryBytes(), control.processors()), time, disk.copy());
        twin.stream.copyFrom(stream);
        twin.network.copyFrom(network);
        twin.ram = ram.copy();
        twin.msiVectors = msiVectors;
        twin.messages.addAll(messages);
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
        if (high && !lines[index]) {
            rises[index]++;
        }
        lines[index] = high;
    }

    boolean msi(int vector) {
        int vectors = factory.spec().pci().map(PciFunctionSpec::messages).orElse(0);
        if (vector < 0 || vector >= vectors) {
            throw new IllegalArgumentException("the device sends message %d of %d".formatted(vector, vectors));
        }
        boolean enabled = vector < msiVectors && ram.mastering();
        if (enabled) {
            messages.add(vector);
        }
        return enabled;
    }
}
