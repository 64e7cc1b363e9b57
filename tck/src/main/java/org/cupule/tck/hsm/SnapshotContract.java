package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.abi.IoRequestPage;
import org.cupule.host.EventFd;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hsm.eventfd.IoEventFd;
import org.cupule.hsm.ioreq.DefaultClient;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.hypervisor.HypervisorInfo.Capability;
import org.cupule.hypervisor.HypervisorInfo.SlotProtocol;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.VirtualDevice;
import org.cupule.ram.Access;
import org.cupule.ram.Ram;
import org.cupule.state.ModelState;
import org.cupule.types.AddressSpace;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.cupule.types.Msi;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Saving a VM and restoring it: no request is lost or answered twice, memory and counts are the same. */
public abstract class SnapshotContract extends HsmFixture {
    private static final int PORT = 0x60;

    /** What a test has saved. */
    private Map<String, ModelState> states = Map.of();
    private final List<byte[]> contents = new ArrayList<>();

    /** Only a contract. */
    protected SnapshotContract() {
    }

    @Override
    protected final HypervisorBelow below() {
        return new FakeHypervisor("fake", SlotProtocol.RAW, Capability.SNAPSHOT, Capability.READ_REGISTERS,
                Capability.PASSTHROUGH);
    }

    private FakePartition fake() {
        return (FakePartition) partition;
    }

    private void save() {
        vm.snapshot().take(still -> {
            states = still.states();
            still.backings().forEach(ram -> {
                byte[] bytes = new byte[(int) ram.lengthBytes()];
                ram.read(0, bytes, 0, bytes.length);
                contents.add(bytes);
            });
        });
    }

    /** Saves what is paused, destroys it, and makes another VM of it. */
    private void move() {
        save();
        vm.close();
        restore(states);
    }

    private void restore(Map<String, ModelState> saved) {
        vm = hsm.restore(creation(), saved,
                (backing, ram) -> ram.write(0, contents.get(backing), 0, contents.get(backing).length));
        partition = hypervisor.partition();
    }

    private IoRequests.Counters counters() {
        return vm.ioRequests().counters();
    }

    @Test
    void requestThatAThreadedClientHasGoesOnInTheRestoredVmAndIsAnsweredOnce() {
        Gate gate = new Gate();
        vm.ioRequests().threaded("slow", access -> gate.pass(0x11)).add(IoRange.ports(PORT, 1));
        vm.start();
        partition.post(1, IoRequestPage.PORTIO, false, PORT, 1, 0);
        gate.awaitInside(1);
        vm.pause();
        PartitionBelow old = partition;
        save();
        gate.open();
        assertThat(old.take(1)).isEqualTo(0x11); // the saved VM is no less alive than before
        vm.close();

        restore(states);
        List<Integer> served = new CopyOnWriteArrayList<>();
        vm.ioRequests().threaded("other", access -> {
            served.add(access.vcpu());
            return 0x22;
        }).add(IoRange.ports(PORT, 1));
        vm.resume();

        assertThat(partition.take(1)).isEqualTo(0x22);
        assertThat(served).containsExactly(1);
        assertThat(counters()).isEqualTo(new IoRequests.Counters(1, 1, 0, 0, 0));
    }

    @Test
    void requestOfTheAttachedClientIsHandedOverToItsSuccessor() throws Exception {
        vm.ioRequests().createDefault();
        vm.start();
        partition.post(2, IoRequestPage.PORTIO, false, PORT, 1, 0);
        vm.pause();

        move();
        DefaultClient client = vm.ioRequests().createDefault();
        vm.resume();
        Waiter waiter = Waiter.attach(client);
        assertThat(waiter.outcome()).isEqualTo("request");
        client.page().value(2, 0x33);
        vm.ioRequests().notifyFinished(2);

        assertThat(partition.take(2)).isEqualTo(0x33);
        assertThat(counters()).isEqualTo(new IoRequests.Counters(1, 1, 0, 0, 1));
    }

    @Test
    void noRequestOfARestoredVmIsDispatchedBeforeItGoesOn() {
        vm.start();
        partition.post(0, IoRequestPage.PORTIO, false, PORT, 1, 0); // nobody takes it
        vm.pause();

        move();
        List<String> served = new CopyOnWriteArrayList<>();
        vm.ioRequests().inlineDefault("default", access -> {
            served.add("default");
            return 0xFF;
        });
        vm.ioRequests().inline("device", access -> {
            served.add("device");
            return 0x44;
        }).add(IoRange.ports(PORT, 1));
        assertThat(served).isEmpty();
        vm.resume();

        assertThat(partition.take(0)).isEqualTo(0x44);
        assertThat(served).containsExactly("device");
        assertThat(counters()).isEqualTo(new IoRequests.Counters(1, 1, 0, 0, 0));
    }

    @Test
    void handlerThatIsCalledInlineIsWaitedFor() {
        vm.close();
        vm = hsm.create(wish(VCPUS, 0, true));
        partition = hypervisor.partition();
        Gate gate = new Gate();
        vm.ioRequests().inline("device", access -> gate.pass(0x55)).add(IoRange.ports(PORT, 1));
        vm.start();
        partition.post(0, IoRequestPage.PORTIO, false, PORT, 1, 0);
        gate.awaitInside(1);
        vm.pause();

        CompletableFuture<Void> saving = CompletableFuture.runAsync(this::save);
        gate.open();
        saving.join();
        vm.close();
        restore(states);
        vm.resume();

        assertThat(partition.page().state(0)).isEqualTo(IoRequestPage.COMPLETE);
        assertThat(partition.page().value(0)).isEqualTo(0x55);
        assertThat(counters()).isEqualTo(new IoRequests.Counters(1, 1, 0, 0, 0));
    }

    @Tag("slow") // it waits for a deadline of seconds
    @Test
    void handlerThatDoesNotReturnIsNamedAndAllGoesOn() {
        vm.close();
        vm = hsm.create(wish(VCPUS, 0, true));
        partition = hypervisor.partition();
        Gate gate = new Gate();
        vm.ioRequests().inline("stuck", access -> gate.pass(0x66)).add(IoRange.ports(PORT, 1));
        vm.start();
        partition.post(0, IoRequestPage.PORTIO, false, PORT, 1, 0);
        gate.awaitInside(1);
        vm.pause();

        assertThatThrownBy(this::save).isInstanceOfSatisfying(HsmException.class,
                failure -> assertThat(failure.errno()).isEqualTo(Errno.ETIMEDOUT)).hasMessageContaining("'stuck'");

        gate.open();
        assertThat(partition.take(0)).isEqualTo(0x66);
    }

    @Test
    void memoryIsTheSame() {
        Ram low = vm.memory().allocate(8 * Ram.PAGE_BYTES);
        vm.memory().map(0, low, 0, 4 * Ram.PAGE_BYTES, Access.ALL);
        vm.memory().map(0x10000, low, 4 * Ram.PAGE_BYTES, 4 * Ram.PAGE_BYTES, Access.READ);
        Ram device = vm.memory().allocate(Ram.PAGE_BYTES);
        vm.memory().mapMmio(0xE0000000L, device, 0, Ram.PAGE_BYTES, Access.ALL);
        low.write(5 * Ram.PAGE_BYTES + 3, new byte[]{1, 2, 3}, 0, 3);
        device.write(0, new byte[]{9}, 0, 1);
        var mappings = vm.memory().mappings();
        vm.pause();

        move();

        assertThat(vm.memory().mappings()).isEqualTo(mappings);
        assertThat(partition.regions()).hasSize(3);
        byte[] bytes = new byte[4];
        assertThat(vm.memory().read(0x11002, bytes, 0, 4)).isTrue();
        assertThat(bytes).containsExactly(0, 1, 2, 3);
        assertThat(partition.regions().getLast().ram()).isNotNull().satisfies(ram -> {
            byte[] first = new byte[1];
            ram.read(0, first, 0, 1);
            assertThat(first).containsExactly(9);
        });
    }

    @Test
    void addressOfConfigurationSpaceIsStillLatched() {
        vm.ioRequests().inlineDefault("bus", access -> access.bdf() << 12 | access.register());
        vm.start();
        partition.out(0, 0xCF8, 4, 0x8000_1844L);
        vm.pause();

        move();
        vm.ioRequests().inlineDefault("bus", access -> access.bdf() << 12 | access.register());
        vm.resume();

        assertThat(partition.in(0, 0xCFC, 4)).isEqualTo(0x18 << 12 | 0x44);
    }

    @Test
    void hypervisorGetsBackWhatItSaved() {
        vm.pause();
        Map<String, ModelState> saved = fake().save();

        move();

        assertThat(partition.state()).isEqualTo(Partition.State.PAUSED);
        assertThat(fake().restoredState()).isEqualTo(saved);
    }

    @Test
    void restoredVmThatIsResetForgetsItsRequest() {
        vm.start();
        partition.post(0, IoRequestPage.PORTIO, false, PORT, 1, 0);
        vm.pause();

        move();
        vm.ioRequests().clear();
        vm.reset();
        vm.start();
        vm.ioRequests().inlineDefault("default", access -> 0x77);

        assertThat(partition.in(0, PORT, 1)).isEqualTo(0x77);
        assertThat(counters().lost() + counters().twice()).isZero();
    }

    @Test
    void resumeWaitsForTheEndOfASnapshot() {
        vm.pause();
        var resumed = new CompletableFuture<Void>();

        vm.snapshot().take(still -> {
            Thread.ofVirtual().start(() -> {
                vm.resume();
                resumed.complete(null);
            });
            states = still.states();
            assertThat(vm.state()).isEqualTo(Partition.State.PAUSED);
        });

        resumed.join();
        assertThat(vm.state()).isEqualTo(Partition.State.RUNNING);
    }

    @Test
    void runningVmIsNotSaved() {
        vm.start();

        assertThat(Failing.errno(this::save)).isEqualTo(Errno.EBUSY);
    }

    @Test
    void whatCannotBeSavedIsNamedBefore() {
        var other = new FakeHypervisor();
        try (VirtualMachine poor = hsm(List.of(other)).create(wish(1, 0, false))) {
            assertThat(poor.snapshot().obstacles()).singleElement().asString().contains("'fake'", "snapshot");
            poor.pause();
            assertThat(Failing.errno(() -> poor.snapshot().take(still -> {
            }))).isEqualTo(Errno.EOPNOTSUPP);
        }
        assertThat(vm.snapshot().obstacles()).isEmpty();
    }

    @Test
    void eventCountersOfOtherProgramsAreNamed() {
        try (EventFd counter = vm.eventFds().create()) {
            vm.eventFds().assign(counter, new IoEventFd(AddressSpace.PORTIO, PORT, 1, OptionalLong.empty()));
            vm.eventFds().assign(counter, new Msi(0xFEE00000L, 0x40));
            vm.pause();

            assertThat(vm.snapshot().obstacles()).hasSize(2).anyMatch(text -> text.contains("ioeventfd"))
                    .anyMatch(text -> text.contains("irqfd"));
            assertThat(Failing.errno(this::save)).isEqualTo(Errno.EOPNOTSUPP);
        }
    }

    @Test
    void devicesOfTheHypervisorAreNamed() {
        vm.passthrough().create(VirtualDevice.of(0x9710, 0x9900, 0x38, ""));
        vm.pause();

        assertThat(vm.snapshot().obstacles()).singleElement().asString().contains("take it away");
        assertThat(Failing.errno(this::save)).isEqualTo(Errno.EOPNOTSUPP);
    }

    @Test
    void whatTheWriterThrowsComesOutAndTheVmGoesOn() {
        vm.ioRequests().inlineDefault("default", access -> 0x12);
        vm.pause();

        assertThatThrownBy(() -> vm.snapshot().take(still -> {
            throw new IllegalStateException("the disk is full");
        })).hasMessage("the disk is full");

        vm.resume();
        assertThat(partition.in(0, PORT, 1)).isEqualTo(0x12);
    }

    @Test
    void forgedStatesAreRefusedAndNothingIsLeft() {
        vm.memory().addRam(0, Ram.PAGE_BYTES, Access.ALL);
        vm.pause();
        save();
        int there = hsm.machines().size();
        var forgeries = new HashMap<String, ModelState>();
        forgeries.put("hsm.requests", ModelState.of("io-requests", 2).build());
        forgeries.put("hsm.memory", ModelState.of("guest-memory", 1).put("backings", new long[]{1L << 50})
                .put("pieces", List.of(ModelState.of("memory-piece", 1).build())).put("mappings", 0).build());

        forgeries.forEach((place, forged) -> {
            var all = new TreeMap<>(states);
            all.put(place, forged);
            VmCreation wish = creation();
            assertThatThrownBy(() -> hsm.restore(wish, all, (backing, ram) -> {
            })).as(place).isInstanceOf(HsmException.class);
        });
        for (String place : List.of("hsm.requests", "hsm.memory")) {
            var rest = new TreeMap<>(states);
            rest.remove(place);
            assertThatThrownBy(() -> restore(rest)).isInstanceOf(HsmException.class).hasMessageContaining(place);
        }

        assertThat(hsm.machines()).hasSize(there);
        assertThat(hypervisor.partitions().stream().skip(1).filter(each -> each != partition))
                .allMatch(each -> each.state() == Partition.State.POWERED_OFF);
    }
}
