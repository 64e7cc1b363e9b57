package org.cupule.machine.device;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.cupule.device.ByteStream;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceSpec;
import org.cupule.device.Disk;
import org.cupule.device.DmaMemory;
import org.cupule.device.MachineControl;
import org.cupule.device.Network;
import org.cupule.machine.stream.DiskFile;
import org.cupule.machine.stream.Wire;
import org.cupule.pci.PciFunction;
import org.cupule.pci.PciFunctionSpec;
import org.cupule.state.ModelState;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;
import org.cupule.types.Msi;
import org.jspecify.annotations.Nullable;

/**
 * One generation of a device's context.
 *
 * <pre>
 *   PROBATION --commit--> LIVE --revoke--> REVOKED
 *       '------- the new device failed -------^
 * </pre>
 *
 * On probation, while the device is made and takes a state, lines and timers are only recorded, and nothing else
 * outside can be reached: when it fails, nothing has happened. Live, each call must come from inside the gate. Revoked,
 * each call fails and has no effect, so a device that was thrown out can do no harm when a stuck call of it comes back.
 *
 * @threading confined to the device's gate; revoke, and the calls of {@link MachineControl}, any thread
 */
final class LiveContext implements DeviceContext, DmaMemory, ByteStream, MachineControl {
    private static final int PROBATION = 0;
    private static final int LIVE = 1;
    private static final int REVOKED = 2;

    private final HostedDevice host;
    private final Surroundings around;
    private final DeviceSpec spec;
    /**
     * Whose calls are let through on probation; not kept after it, since its swap holds the instance before this one.
     */
    private volatile @Nullable Thread maker = Thread.currentThread();
    private final boolean[] levels;
    private final List<DeviceTimer> timers = new ArrayList<>();
    private final Effects effects = new Effects();
    private final ArrayDeque<Runnable> posted = new ArrayDeque<>();
    private final @Nullable LiveDisk disk;
    private @Nullable Runnable onInput;
    private volatile int phase = PROBATION;

    LiveContext(HostedDevice host, DeviceSpec spec) {
        this.host = host;
        this.around = host.around();
        this.spec = spec;
        this.levels = new boolean[around.drivers().length];
        this.disk = around.backing() instanceof DiskFile file ? new LiveDisk(this, file) : null;
    }

    /** Fails unless the caller may use this context now. */
    void check() {
        int now = phase;
        if (now == LIVE ? !host.held() : now == REVOKED || Thread.currentThread() != maker) {
            throw new IllegalStateException(now == REVOKED
                    ? "the device was unplugged, moved or quarantined"
                    : "a device uses its context from outside its gate");
        }
    }

    void checkLive(String what) {
        check();
        if (phase != LIVE) {
            throw new IllegalStateException("a device that is being made or restored must not use " + what);
        }
    }

    boolean live() {
        return phase == LIVE;
    }

    @Override
    public String name() {
        return around.name();
    }

    @Override
    public String option(String name) {
        return around.option(name);
    }

    @Override
    public void line(int index, boolean high) {
        check();
        Objects.checkIndex(index, levels.length);
        if (levels[index] != high) {
            levels[index] = high;
            if (phase == LIVE) {
                effects.line(index, high);
            }
        }
    }

    @Override
    public boolean msi(int vector) {
        checkLive("messages");
        Objects.checkIndex(vector, spec.pci().map(PciFunctionSpec::messages).orElse(0));
        PciFunction function = around.function();
        if (function == null || !function.busMaster()) {
            return false;
        }
        Optional<Msi> message = function.message(vector);
        message.ifPresent(effects::message);
        return message.isPresent();
    }

    @Override
    public DmaMemory dma() {
        return this;
    }

    @Override
    public boolean read(long gpa, byte[] target, int from, int lengthBytes) {
        return mayMaster(target, from, lengthBytes) && around.memory().read(gpa, target, from, lengthBytes);
    }

    @Override
    public boolean write(long gpa, byte[] source, int from, int lengthBytes) {
        return mayMaster(source, from, lengthBytes) && around.memory().write(gpa, source, from, lengthBytes);
    }

    private boolean mayMaster(byte[] bytes, int from, int lengthBytes) {
        checkLive("guest memory");
        Objects.checkFromIndexSize(from, lengthBytes, bytes.length);
        PciFunction function = around.function();
        Interposer faults = host.faultSide().interposer();
        return (function == null || function.busMaster()) && (faults == null || !faults.failsTransfer());
    }

    @Override
    public VmClock clock() {
        return around.clock();
    }

    @Override
    public VmTimer timer(String name, Runnable action) {
        check();
        if (timers.stream().anyMatch(timer -> timer.name().equals(name))) {
            throw new IllegalArgumentException("the device makes two timers '" + name + "'");
        }
        var timer = new DeviceTimer(this, name, action, around.clock());
        timers.add(timer);
        return timer;
    }

    @Override
    public ByteStream stream() {
        if (spec.backend() != DeviceSpec.Backend.STREAM) {
            throw new IllegalStateException("the device's spec does not say Backend.STREAM");
        }
        return this;
    }

    @Override
    public boolean write(int value) {
        check();
        return phase == LIVE && around.backing().write(value & 0xFF);
    }

    @Override
    public int read() {
        check();
        return phase == LIVE ? around.backing().read() : -1;
    }

    @Override
    public void onInput(Runnable action) {
        check();
        onInput = action;
    }

    @Override
    public void post(Runnable action) {
        check();
        posted.add(action);
        if (phase == LIVE) {
            host.work().signal();
        }
    }

    @Override
    public boolean deterministic() {
        return around.deterministic();
    }

    @Override
    public Disk disk() {
        check();
        LiveDisk present = disk;
        if (spec.backend() != DeviceSpec.Backend.DISK || present == null) {
            throw new IllegalStateException("the device's spec does not say Backend.DISK");
        }
        return present;
    }

    @Override
    public Network network() {
        check();
        if (spec.backend() != DeviceSpec.Backend.NETWORK || !(around.backing() instanceof Wire wire)) {
            throw new IllegalStateException("the device's spec does not say Backend.NETWORK");
        }
        return new LiveNetwork(this, wire);
    }

    /** {@return an end of a disk operation that is to be told, or null} */
    @Nullable
    Runnable takeDiskEnd() {
        LiveDisk present = disk;
        return present == null ? null : present.takeEnd();
    }

    @Override
    public MachineControl machine() {
        return this;
    }

    @Override
    public void powerOff() {
        if (posted()) {
            effects.powerOff();
        } else {
            around.requests().powerOff();
        }
    }

    @Override
    public void reset() {
        if (posted()) {
            effects.reset();
        } else {
            around.requests().resetRequested();
        }
    }

    @Override
    public void exit(int status) {
        if (posted()) {
            effects.exit(status);
        } else {
            around.requests().exit(status);
        }
    }

    @Override
    public void eject(int slot) {
        Objects.checkIndex(slot, Integer.SIZE);
        if (posted()) {
            effects.eject(slot);
        } else {
            around.requests().ejected(1 << slot);
        }
    }

    @Override
    public void ejection(int slot, int status) {
        Objects.checkIndex(slot, Integer.SIZE);
        if (posted()) {
            effects.ejection(slot, status);
        } else {
            around.requests().ejection(slot, status);
        }
    }

    /** {@return whether the call comes from inside the gate, so that it waits for the end of the present call} */
    private boolean posted() {
        if (phase != LIVE) {
            throw new IllegalStateException("a device that is not in use must not control the machine");
        }
        return host.held();
    }

    @Override
    public long memoryBytes() {
        return around.layout().bytes();
    }

    @Override
    public long lowMemoryBytes() {
        return around.layout().low();
    }

    @Override
    public int processors() {
        return around.processors();
    }

    /** Something of this context became due on another thread. */
    void due() {
        if (phase == LIVE) {
            host.work().signal();
        }
    }

    /** Passes on what the device asked for. Only inside the gate, when no call is in the device. */
    void flush() {
        if (phase == LIVE && !effects.empty()) {
            effects.flush(around.drivers(), around.interrupts(), around.requests(), host.faultSide().interposer());
        }
    }

    /** {@return how many actions were posted and wait} */
    int posts() {
        return posted.size();
    }

    /** {@return the first action that was posted, or null} */
    @Nullable
    Runnable takePost() {
        return posted.poll();
    }

    int timers() {
        return timers.size();
    }

    /** {@return the action of a timer whose time has come, or null} */
    @Nullable
    Runnable takeDue(int timer) {
        return timers.get(timer).takeDue(around.clock()) ? timers.get(timer).action() : null;
    }

    /** {@return what the device wants to be called when input comes} */
    @Nullable
    Runnable inputAction() {
        return onInput;
    }

    /** {@return what the platform carries over to the next generation, with the states that the device saved} */
    Parked carried(String stateKind, TreeMap<Integer, ModelState> states) {
        var deadlines = new HashMap<String, Long>();
        timers.forEach(timer -> deadlines.put(timer.name(), timer.deadline()));
        return new Parked(stateKind, states, levels.clone(), deadlines);
    }

    /** Takes over the lines and deadlines of the generation before, to be seen by the device while it is restored. */
    void carry(Parked old) {
        System.arraycopy(old.levels(), 0, levels, 0, levels.length);
        carryDeadlines(old);
    }

    /** Takes over the deadlines of the timers that both have. */
    void carryDeadlines(Parked old) {
        for (DeviceTimer timer : timers) {
            if (old.deadlines().containsKey(timer.name())) {
                timer.carry(old.deadline(timer.name()));
            }
        }
    }

    /** Brings what was recorded into force. */
    void commit() {
        phase = LIVE;
        maker = null;
        for (int i = 0; i < levels.length; i++) {
            around.drivers()[i].drive(levels[i]);
        }
        timers.forEach(DeviceTimer::connect);
        if (!posted.isEmpty()) {
            host.work().signal();
        }
    }

    private void forgetDisk() {
        LiveDisk present = disk;
        if (present != null) {
            present.forget();
        }
    }

    /** Ends this generation; deadlines and levels can still be read by who takes over. */
    void revoke() {
        phase = REVOKED;
        maker = null;
        onInput = null;
        posted.clear();
        forgetDisk();
        timers.forEach(DeviceTimer::disconnect);
        effects.clear();
    }

    /** Lines low, timers disarmed: as before the power-on state. */
    void quiet() {
        effects.clear();
        posted.clear();
        forgetDisk();
        timers.forEach(DeviceTimer::cut);
        for (int i = 0; i < levels.length; i++) {
            levels[i] = false;
            around.drivers()[i].drive(false);
        }
    }
}
