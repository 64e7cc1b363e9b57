package org.cupule.hv.sim;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.BooleanSupplier;
import java.util.function.LongUnaryOperator;
import org.cupule.abi.IoRequestPage;
import org.cupule.hw.ept.FourLevelEptFactory;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Region;
import org.cupule.hypervisor.Upcall;
import org.cupule.ram.Access;
import org.cupule.ram.Ram;
import org.cupule.types.Behaviour;

/** A simulated hypervisor of scripted hardware, one partition, and an HSM of ten lines. */
final class Rig implements AutoCloseable, Upcall {
    static final Duration DEADLINE = Duration.ofSeconds(60);

    /** One request as the HSM sees it in its slot. */
    record Request(int vcpu, int type, boolean write, long address, long size, long value) {
    }

    final SimHypervisor hypervisor;
    final FakeCpu.Factory cpus;
    final FakeLapic.Factory lapics = FakeLapic.factory();
    final FourLevelEptFactory epts = new FourLevelEptFactory();
    final FakeControllers.IoApics ioapics = FakeControllers.ioapics();
    final FakeControllers.Pics pics = FakeControllers.pics();
    final Arena arena = Arena.ofShared();
    final MemorySegment pageMemory = arena.allocate(4096, 4096);
    final IoRequestPage page = new IoRequestPage(pageMemory);
    final Ram ram = new Ram(arena.allocate(1 << 20, 4096));
    final List<Request> requests = new CopyOnWriteArrayList<>();
    final List<PartitionEvent> events = new CopyOnWriteArrayList<>();
    final Partition vm;
    /** Answers a request's value at once; null leaves it PROCESSING. */
    volatile LongUnaryOperator answer = address -> address + 1;
    volatile Runnable inUpcall = () -> {
    };

    Rig(FakeCpu.Factory cpus, PartitionCreation creation) {
        this.cpus = cpus;
        this.hypervisor = new SimHypervisor(Config.defaults());
        hypervisor.bindCpu(cpus, Map.of("service.bundleid", 11L));
        hypervisor.bindEpt(epts, Map.of("service.bundleid", 12L));
        hypervisor.bindLapic(lapics, Map.of("service.bundleid", 13L));
        hypervisor.bindIoApic(ioapics, Map.of("service.bundleid", 14L));
        hypervisor.bindPic(pics, Map.of("service.bundleid", 15L));
        this.vm = hypervisor.create(creation, this);
    }

    /** One vCPU with a script. */
    static Rig of(List<FakeCpu.Op> script) {
        return new Rig(FakeCpu.factory(List.of(script)), creation(1));
    }

    /** Two vCPUs with a script each. */
    static Rig of(List<FakeCpu.Op> first, List<FakeCpu.Op> second) {
        return new Rig(FakeCpu.factory(List.of(first, second)), creation(2));
    }

    static PartitionCreation creation(int vcpus) {
        return creation(vcpus, Behaviour.X86, false, 0);
    }

    static PartitionCreation creation(int vcpus, Behaviour behaviour, boolean deterministic, long flags) {
        return new PartitionCreation("test", (1L << vcpus) - 1, flags, behaviour, deterministic, false, Map.of());
    }

    Rig started() {
        vm.setIoRequestPage(pageMemory);
        vm.setRegions(List.of(Region.add(0, ram, 0, ram.lengthBytes(), Access.ALL)));
        vm.start();
        return this;
    }

    FakeCpu cpu(int index) {
        return cpus.made().get(index);
    }

    FakeLapic lapic(int index) {
        return lapics.made().get(index);
    }

    FakeControllers.FakeIoApic ioapic() {
        return ioapics.made().getFirst();
    }

    FakeControllers.FakePic pic() {
        return pics.made().getFirst();
    }

    List<String> sentences() {
        var sentences = new ArrayList<String>();
        events.forEach(event -> sentences.add(event.toString()));
        return sentences;
    }

    /** Waits for something that another thread does. */
    static void await(String what, BooleanSupplier condition) {
        long until = System.nanoTime() + DEADLINE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > until) {
                throw new AssertionError("did not happen within " + DEADLINE + ": " + what);
            }
            Thread.yield();
        }
    }

    /** Completes a request that was left PROCESSING. */
    void complete(int vcpu, long value) {
        page.value(vcpu, value);
        page.state(vcpu, IoRequestPage.COMPLETE);
        vm.finish(vcpu);
    }

    @Override
    public void request(int vcpu) {
        requests.add(new Request(vcpu, page.type(vcpu), page.write(vcpu), page.address(vcpu), page.size(vcpu),
                page.value(vcpu)));
        inUpcall.run();
        LongUnaryOperator now = answer;
        page.state(vcpu, IoRequestPage.PROCESSING);
        if (now != null) {
            if (!page.write(vcpu)) {
                page.value(vcpu, now.applyAsLong(page.address(vcpu)));
            }
            page.state(vcpu, IoRequestPage.COMPLETE);
            vm.finish(vcpu);
        }
    }

    @Override
    public void event(PartitionEvent event) {
        events.add(event);
    }

    @Override
    public void close() {
        if (vm.state() != Partition.State.POWERED_OFF) {
            vm.pause();
            vm.destroy();
        }
        arena.close();
    }
}
