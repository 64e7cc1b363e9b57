package org.cupule.tck.device;

import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import org.cupule.device.ByteStream;
import org.cupule.device.DeviceContext;
import org.cupule.device.Disk;
import org.cupule.device.DmaMemory;
import org.cupule.device.MachineControl;
import org.cupule.device.Network;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;

/** One generation of a device's context; revoked when the device leaves. */
final class FakeContext implements DeviceContext {
    final Map<String, VmTimer> timers = new LinkedHashMap<>();
    private static final int MOST_POSTS = 1_000_000;
    private final Queue<Runnable> posted = new ArrayDeque<>();
    private final FakeMachine machine;
    private boolean revoked;
    private int epoch;
    private boolean live;

    FakeContext(FakeMachine machine) {
        this.machine = machine;
    }

    /** The device was made, and restored where that is meant: it may reach everything from now on. */
    void commit() {
        live = true;
    }

    void revoke() {
        revoked = true;
        posted.clear();
        timers.values().forEach(VmTimer::disarm);
    }

    void disarm() {
        epoch++;
        posted.clear();
        timers.values().forEach(VmTimer::disarm);
    }

    /** Takes over the deadlines of the generation before, by name, as the platform does in a swap. */
    void carry(FakeContext old) {
        old.timers.forEach((name, timer) -> {
            if (timers.containsKey(name)) {
                timers.get(name).arm(timer.deadline());
            }
        });
    }

    private FakeMachine live(String what) {
        if (!live) {
            throw new IllegalStateException("a device that is being made or restored must not use " + what);
        }
        return alive();
    }

    private FakeMachine alive() {
        if (revoked) {
            throw new IllegalStateException("the context of this device was revoked");
        }
        return machine;
    }

    @Override
    public String name() {
        return alive().name();
    }

    @Override
    public String option(String name) {
        return alive().optionValue(name);
    }

    @Override
    public void line(int index, boolean high) {
        alive().line(index, high);
    }

    @Override
    public boolean msi(int vector) {
        return live("messages").msi(vector);
    }

    @Override
    public DmaMemory dma() {
        return live("guest memory").ram();
    }

    @Override
    public VmClock clock() {
        return alive().clock();
    }

    @Override
    public VmTimer timer(String name, Runnable action) {
        VmTimer timer = alive().clock().timer(action);
        if (timers.put(name, timer) != null) {
            throw new IllegalArgumentException("the device makes two timers '" + name + "'");
        }
        return timer;
    }

    @Override
    public void post(Runnable action) {
        alive();
        posted.add(action);
    }

    @Override
    public boolean deterministic() {
        return true;
    }

    @Override
    public Disk disk() {
        return alive().disk().view(this);
    }

    @Override
    public Network network() {
        return live ? alive().network() : new Quiet(alive().network());
    }

    /** The network on probation: it can be listened to, nothing else. */
    private record Quiet(Network network) implements Network {
        @Override
        public void send(byte[] frame, int from, int lengthBytes) {
            throw new IllegalStateException("a device that is being made or restored must not send");
        }

        @Override
        public int receive(byte[] target, int from) {
            return -1;
        }

        @Override
        public void onFrame(Runnable action) {
            network.onFrame(action);
        }
    }

    void requireLive(String what) {
        live(what);
    }

    int epoch() {
        return epoch;
    }

    /** Tells the end of something that was asked for in an epoch, unless the device was reset or left since. */
    void tell(int asked, Runnable end) {
        if (!revoked && asked == epoch) {
            end.run();
        }
    }

    /** Runs what was posted, and what that posts: the present call has ended. */
    void settle() {
        for (int i = 0; live && (!posted.isEmpty() || machine.works()); i++) {
            if (i == MOST_POSTS) {
                throw new IllegalStateException("the device posts actions without end");
            }
            if (!posted.isEmpty()) {
                posted.remove().run();
            }
        }
    }

    @Override
    public ByteStream stream() {
        return live ? alive().stream() : new Silence(alive().stream());
    }

    @Override
    public MachineControl machine() {
        return alive().control();
    }

    /** The stream on probation: it can be listened to, nothing else. */
    private record Silence(ByteStream stream) implements ByteStream {
        @Override
        public boolean write(int value) {
            return false;
        }

        @Override
        public int read() {
            return -1;
        }

        @Override
        public void onInput(Runnable action) {
            stream.onInput(action);
        }
    }
}
