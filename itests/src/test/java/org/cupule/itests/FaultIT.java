package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import javax.inject.Inject;
import org.cupule.fault.FaultInjector;
import org.cupule.fault.FaultInjector.Fault;
import org.cupule.fault.FaultKind;
import org.cupule.fault.FaultSpec;
import org.cupule.machine.Machines;
import org.junit.After;
import org.junit.Before;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;

/** What faults on demand do to a guest that runs, and that it is well when they are gone. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class FaultIT {
    private static final int MANY = 500;

    @Inject
    private Machines machines;
    @Inject
    private FaultInjector faults;

    private RunningGuest guest;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @Before
    public void startCounting() {
        guest = RunningGuest.start(machines, "swapcount", 1, "every=200");
        guest.awaitMore("count", 2);
    }

    @After
    public void end() throws Exception {
        guest.close();
    }

    private Fault present(Fault fault) {
        return faults.faults().stream().filter(known -> known.number() == fault.number()).findFirst().orElseThrow();
    }

    private void awaitStrikes(Fault fault, long wanted) {
        Await.until(() -> present(fault).strikes() >= wanted, Duration.ofSeconds(60),
                () -> "%d strikes of %s".formatted(wanted, present(fault)));
    }

    @Test
    public void guestIsMuteWhileItsConsoleDropsAccessesAndSpeaksAgain() {
        Fault fault = faults.add(FaultSpec.of(guest.target("com1"), FaultKind.DROP));
        int said = guest.said("count").size();
        awaitStrikes(fault, MANY);
        assertThat(guest.said("count").size() - said).isLessThanOrEqualTo(1);

        faults.remove(fault.number());

        guest.awaitMore("count", 3);
        assertThat(guest.machine().status()).isEqualTo("running");
    }

    @Test
    public void cardThatIsPulledOutFloatsAndIsThereAgainAfterwards() {
        Fault fault = faults.add(FaultSpec.of(guest.target("com1"), FaultKind.REMOVE).count(1));
        int said = guest.said("count").size();
        awaitStrikes(fault, 1);
        Await.until(() -> present(fault).chances() > MANY, Duration.ofSeconds(60),
                () -> "accesses to nothing: " + present(fault));
        assertThat(guest.said("count").size() - said).isLessThanOrEqualTo(1);

        faults.remove(fault.number());

        guest.awaitMore("count", 3);
    }

    @Test
    public void machineThatEndsTakesItsFaultsAlong() {
        faults.add(FaultSpec.of(guest.target("com1"), FaultKind.DELAY).rate(1, 100).delay(10));
        guest.awaitMore("count", 1);
        guest.machine().close();
        assertThat(faults.faults()).isEmpty();
    }
}
