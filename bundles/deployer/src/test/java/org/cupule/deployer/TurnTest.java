package org.cupule.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A request during another one: a clear error, whatever the two are. */
class TurnTest {
    private static final Duration MOST = Duration.ofSeconds(20);

    private final Turn turn = new Turn();
    private final CountDownLatch end = new CountDownLatch(1);
    private CompletableFuture<String> going;

    @BeforeEach
    void anUnplugIsGoingOn() throws Exception {
        var begun = new CountDownLatch(1);
        going = CompletableFuture.supplyAsync(() -> turn.alone("unplug", "acme.sensor", () -> {
            begun.countDown();
            awaitEnd();
            return "unplugged";
        }));
        assertThat(begun.await(MOST.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    @AfterEach
    void nothingIsGoingOn() {
        end.countDown();
        going.join();
    }

    private void awaitEnd() {
        try {
            assertThat(end.await(MOST.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void theSameAgainIsToldThatItIsGoingOnAndWhereToLook() {
        assertRefused(Errno.EALREADY, "just that is going on: unplug of acme.sensor; hsm:plugins shows how far it is",
                () -> turn.alone("unplug", "acme.sensor", () -> "never"));
    }

    @Test
    void theSameOfAnotherPluginIsToldWhatIsGoingOn() {
        assertRefused(Errno.EBUSY,
                "another deployment is going on: unplug of acme.sensor; try again when it has ended",
                () -> turn.alone("unplug", "acme.display", () -> "never"));
    }

    @Test
    void somethingElseOfTheSamePluginIsToldWhatIsGoingOn() {
        assertRefused(Errno.EBUSY, "unplug of acme.sensor", () -> turn.alone("plug", "acme.sensor", () -> "never"));
        assertRefused(Errno.EBUSY, "unplug of acme.sensor", () -> turn.alone("leaks", "all", () -> "never"));
    }

    @Test
    void whoHasPatienceIsToldTheSameWhenItIsOver() {
        assertRefused(Errno.EBUSY, "unplug of acme.sensor", () -> turn.later("rollback", "vm1.a", Duration.ofMillis(1),
                () -> "never"));
    }

    @Test
    void aRefusedRequestDoesNotEndTheOneThatIsGoingOn() {
        assertThatThrownBy(() -> turn.alone("plug", "a.jar", () -> "never")).isInstanceOf(HsmException.class);

        assertRefused(Errno.EBUSY, "unplug of acme.sensor", () -> turn.alone("plug", "a.jar", () -> "never"));
    }

    @Test
    void theNextOneHasItsTurnWhenTheFirstHasEnded() {
        end.countDown();
        going.join();

        assertThat(turn.alone("plug", "a.jar", () -> "plugged")).isEqualTo("plugged");
    }

    @Test
    void theNextOneHasItsTurnWhenTheFirstHasFailed() {
        end.countDown();
        going.join();
        assertThatThrownBy(() -> turn.alone("plug", "a.jar", () -> {
            throw new IllegalStateException("on purpose");
        })).hasMessage("on purpose");

        assertThat(turn.alone("plug", "a.jar", () -> "plugged")).isEqualTo("plugged");
    }

    private static void assertRefused(Errno errno, String sentence, ThrowingCallable request) {
        assertThatThrownBy(request).isInstanceOfSatisfying(HsmException.class, failure -> assertThat(failure.errno())
                .isEqualTo(errno)).hasMessageContaining(sentence);
    }
}
