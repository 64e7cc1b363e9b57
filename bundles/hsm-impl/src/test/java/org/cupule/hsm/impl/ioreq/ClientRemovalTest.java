package org.cupule.hsm.impl.ioreq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.cupule.abi.IoRequestPage;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.tck.hsm.FakeHypervisor;
import org.cupule.tck.hsm.FakePartition;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What the removal of a client waits for, seen from the slots. */
class ClientRemovalTest {
    private final Slots slots = new Slots(2);
    private final List<Thread> leftBehind = new ArrayList<>();
    private final ClientRegistry registry = new ClientRegistry(slots, () -> {
    }, TimeUnit.MILLISECONDS.toNanos(20), leftBehind::add);
    private final FakePartition partition = new FakeHypervisor().create(
            new PartitionCreation("", 3, 0, Behaviour.ACRN, false, false, Map.of()), null);
    private final IoRequestPage page = new IoRequestPage(Arena.ofAuto().allocate(4096, 4096));
    private final Answers answers = new Answers(new PageProtocol.Raw(page, partition), partition.clock());
    private final InlineClient client = new InlineClient("device", access -> 0, false, registry, answers);
    private final Thread other = new Thread("a vCPU");

    private long serving(int vcpu, Thread thread) {
        registry.add(client);
        Slot slot = slots.slot(vcpu);
        long generation = slot.claim();
        slot.servedBy(client, thread);
        slot.read(page);
        page.state(vcpu, IoRequestPage.PROCESSING);
        slot.handedOver(generation);
        return generation;
    }

    @Test
    @DisplayName("a handler that does not return gives ETIMEDOUT, and the client is out all the same")
    void hangingHandlerTimesOut() {
        serving(1, other);

        assertThatThrownBy(client::close).isInstanceOfSatisfying(HsmException.class,
                failure -> assertThat(failure.errno()).isEqualTo(Errno.ETIMEDOUT));

        assertThat(registry.clients()).isEmpty();
        assertThatThrownBy(() -> client.add(IoRange.ports(1, 1))).isInstanceOf(HsmException.class);
    }

    @Test
    @DisplayName("what a handler has that does not return is answered in its place, and its thread left behind")
    void hangingHandlersRequestIsAnswered() {
        page.size(1, 4);
        serving(1, other);

        assertThatThrownBy(client::close).isInstanceOf(HsmException.class);

        assertThat(page.state(1)).isEqualTo(IoRequestPage.COMPLETE);
        assertThat(page.value(1)).isEqualTo(0xFFFF_FFFFL);
        assertThat(leftBehind).containsExactly(other);
    }

    @Test
    @DisplayName("a request that a reset has taken is not answered when its client is given up")
    void abandonedAfterReset() {
        serving(1, other);
        slots.hold();
        slots.drop();
        slots.renew();

        client.abandon();

        assertThat(page.state(1)).isEqualTo(IoRequestPage.PROCESSING);
        assertThat(leftBehind).isEmpty();
    }

    @Test
    @DisplayName("a handler of a request that a reset has dropped is still waited for")
    void handlerOfDroppedRequestIsWaitedFor() {
        long generation = serving(1, other);
        Slot dropped = slots.slot(1);
        slots.drop();
        slots.renew();

        assertThatThrownBy(client::close).isInstanceOf(HsmException.class);

        assertThat(dropped.leftAfterDrop(generation)).isTrue();
        client.close();
        assertThat(slots.any(slot -> slot.with(client))).isFalse();
    }

    @Test
    @DisplayName("a client that is closed by the thread that dispatches its request is not waited for")
    void ownDispatcherIsNotWaitedFor() {
        serving(0, Thread.currentThread());

        client.close();

        assertThat(slots.slot(0).phase()).isEqualTo(Slot.SERVING);
    }

    @Test
    @DisplayName("an interrupt does not shorten the wait, and is not lost")
    void interruptIsKept() {
        serving(1, other);
        Thread.currentThread().interrupt();

        assertThatThrownBy(client::close).isInstanceOf(HsmException.class);

        assertThat(Thread.interrupted()).isTrue();
    }

    @Test
    @DisplayName("slots that were dropped cannot be claimed until they are renewed")
    void droppedSlotsAreClosed() {
        long before = slots.slot(0).claim();
        slots.slot(0).release(before);
        slots.drop();

        assertThat(slots.slot(0).claim()).isZero();
        slots.renew();
        assertThat(slots.slot(0).claim()).isEqualTo(before + 1);
    }
}
