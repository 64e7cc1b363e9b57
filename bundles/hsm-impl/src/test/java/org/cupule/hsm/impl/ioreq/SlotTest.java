package org.cupule.hsm.impl.ioreq;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.Map;
import org.cupule.abi.IoRequestPage;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.tck.hsm.FakeHypervisor;
import org.cupule.tck.hsm.FakePartition;
import org.cupule.types.Behaviour;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** The way of a slot through its phases, step by step. */
class SlotTest {
    private static final int GENERATION = 1 << 3;

    private final Slot slot = new Slot(1);
    private final IoRequestPage page = new IoRequestPage(Arena.ofAuto().allocate(4096, 4096));
    private final FakePartition partition = new FakeHypervisor().create(
            new PartitionCreation("", 3, 0, Behaviour.ACRN, false, false, Map.of()), null);
    private final Answers answers = new Answers(new PageProtocol.Raw(page, partition), partition.clock());
    private final ClientRegistry registry = new ClientRegistry(new Slots(2), () -> {
    }, 1, thread -> {
    });
    private final Client inline = new InlineClient("inline", access -> 0, false, registry, answers);
    private final Client threaded = new ThreadedClient(1, "threaded", access -> 0, registry, answers);

    private long claimed() {
        return slot.claim();
    }

    private long serving(Client client) {
        long generation = claimed();
        slot.servedBy(client, Thread.currentThread());
        slot.handedOver(generation);
        return generation;
    }

    @Test
    @DisplayName("one claims a request; the next claim is the next generation")
    void generationsCount() {
        assertThat(slot.claim()).isEqualTo(1);
        assertThat(slot.claim()).isZero();
        slot.release(1);

        assertThat(slot.stamp()).isEqualTo(GENERATION | Slot.IDLE);
        assertThat(slot.claim()).isEqualTo(2);
        assertThat(slot.generation()).isEqualTo(2);
    }

    @Test
    @DisplayName("generation and phase are in the word at each step from the claim to the answer")
    void answerGoesThroughAllPhases() {
        claimed();
        assertThat(slot.stamp()).isEqualTo(GENERATION | Slot.ROUTING);
        slot.servedBy(inline, Thread.currentThread());
        slot.handedOver(1);
        assertThat(slot.stamp()).isEqualTo(GENERATION | Slot.SERVING);
        assertThat(slot.beginAnswer(1)).isTrue();
        assertThat(slot.stamp()).isEqualTo(GENERATION | Slot.COMPLETING);
        slot.answered(1);
        assertThat(slot.stamp()).isEqualTo(GENERATION | Slot.IDLE);
    }

    @Test
    @DisplayName("what is handled at once is nobody's request")
    void handledAtOnceHasNoClient() {
        slot.servedBy(inline, Thread.currentThread());
        claimed();
        slot.handledAtOnce(1);

        assertThat(slot.stamp()).isEqualTo(GENERATION | Slot.COMPLETING);
        assertThat(slot.client()).isNull();
    }

    @Test
    @DisplayName("an answer to another generation, or a second one, does not count")
    void onlyThePresentRequestIsAnswered() {
        serving(inline);

        assertThat(slot.beginAnswer(2)).isFalse();
        assertThat(slot.take(0)).isFalse();
        assertThat(slot.beginAnswer(1)).isTrue();
        assertThat(slot.beginAnswer(1)).isFalse();
    }

    @Test
    @DisplayName("a request that was taken from its client is not answered by it, and it is seen to leave once")
    void takenRequestIsDropped() {
        long generation = serving(inline);

        assertThat(slot.leftAfterDrop(generation)).isFalse();
        assertThat(slot.take(generation)).isTrue();
        assertThat(slot.stamp()).isEqualTo(GENERATION | Slot.DROPPED);
        assertThat(slot.beginAnswer(generation)).isFalse();
        assertThat(slot.leftAfterDrop(generation + 1)).isFalse();
        assertThat(slot.leftAfterDrop(generation)).isTrue();
        assertThat(slot.stamp()).isEqualTo(GENERATION | Slot.IDLE);
    }

    @Test
    @DisplayName("a client has its request while it serves and while it is held, and in no other phase")
    void requestIsInHand() {
        assertThat(slot.inHand()).isFalse();
        claimed();
        assertThat(slot.serving(1)).isFalse();
        slot.handedOver(1);
        assertThat(slot.serving(1)).isTrue();
        assertThat(slot.serving(2)).isFalse();
        assertThat(slot.servingGeneration()).isEqualTo(1);
        slot.hold();
        assertThat(slot.serving(1)).isTrue();
        assertThat(slot.inHand()).isTrue();
    }

    @Test
    @DisplayName("nothing is claimed in a held slot; afterwards all is as it was")
    void heldSlotGoesOn() {
        slot.hold();
        assertThat(slot.stamp()).isEqualTo(Slot.PARKED);
        assertThat(slot.claim()).isZero();
        slot.unhold();
        serving(inline);
        slot.hold();
        assertThat(slot.stamp()).isEqualTo(GENERATION | Slot.HELD);
        slot.unhold();

        assertThat(slot.stamp()).isEqualTo(GENERATION | Slot.SERVING);
        slot.unhold();
        assertThat(slot.stamp()).isEqualTo(GENERATION | Slot.SERVING);
    }

    @Test
    @DisplayName("dropping tells whether a client had a request, once")
    void dropTellsOfARequest() {
        var idle = new Slot(0);
        assertThat(idle.drop()).isFalse();
        assertThat(idle.stamp()).isEqualTo(Slot.DROPPED);
        serving(inline);
        slot.hold();

        assertThat(slot.drop()).isTrue();
        assertThat(slot.drop()).isFalse();
        assertThat(slot.stamp()).isEqualTo(GENERATION | Slot.DROPPED);
        assertThat(slot.with(inline)).isTrue();
        assertThat(new Slot(slot).stamp()).isEqualTo(GENERATION | Slot.IDLE);
    }

    @Test
    @DisplayName("a snapshot waits for a handler that is called inline, and for no other one")
    void inlineHandlersAreNotHeld() {
        assertThat(slot.holdUnlessInline()).isTrue();
        assertThat(slot.phase()).isEqualTo(Slot.PARKED);
        slot.unhold();
        long generation = serving(inline);
        assertThat(slot.holdUnlessInline()).isFalse();
        assertThat(slot.phase()).isEqualTo(Slot.SERVING);
        slot.beginAnswer(generation);
        slot.answered(generation);
        serving(threaded);

        assertThat(slot.holdUnlessInline()).isTrue();
        assertThat(slot.phase()).isEqualTo(Slot.HELD);
    }

    @Test
    @DisplayName("it is with a thread when a threaded client serves it, and no longer when that has answered")
    void threadedClientsHaveTheirThread() {
        assertThat(slot.withThread()).isFalse();
        long generation = serving(inline);
        assertThat(slot.withThread()).isFalse();
        slot.beginAnswer(generation);
        slot.answered(generation);
        generation = serving(threaded);
        assertThat(slot.withThread()).isTrue();
        slot.beginAnswer(generation);
        slot.answered(generation);

        assertThat(slot.withThread()).isFalse();
    }

    @Test
    @DisplayName("the slot that goes on with a request has all of it, as the next generation, claimed already")
    void nextSlotGoesOn() {
        page.type(1, IoRequestPage.PCICFG);
        page.write(1, true);
        page.size(1, 2);
        page.value(1, 0xABCD_1234L);
        page.pci(1, 1, 2, 3, 0x44);
        serving(inline);
        slot.read(page);
        slot.take(1);

        Slot next = Slot.goingOnWith(slot);

        assertThat(next.stamp()).isEqualTo(2L * GENERATION | Slot.ROUTING);
        assertThat(next).extracting(Slot::vcpu, Slot::type, Slot::write, Slot::size, Slot::value, Slot::bdf,
                Slot::register).containsExactly(1, IoRequestPage.PCICFG, true, 2, 0x1234L, 0x113, 0x44);
        assertThat(next.address()).isEqualTo(slot.address());
        assertThat(next.traceAddress()).isEqualTo(0x113044L);
    }

    @Test
    @DisplayName("it knows which thread is inside which client")
    void insideIsClientAndThread() {
        serving(inline);

        assertThat(slot.inside(inline, Thread.currentThread())).isTrue();
        assertThat(slot.inside(threaded, Thread.currentThread())).isFalse();
        assertThat(slot.inside(inline, new Thread("another one"))).isFalse();
        assertThat(slot.dispatchedByOther(new Thread("another one"))).isTrue();
        assertThat(slot.dispatchedByOther(Thread.currentThread())).isFalse();
    }
}
