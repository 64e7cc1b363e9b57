package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import javax.inject.Inject;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.Machines;
import org.cupule.types.HsmException;
import org.junit.After;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;

/** Our own guest is told of PCI functions that come and go, uses them, and lets go of them. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class HotPlugIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Inject
    private Machines machines;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    @After
    public void leaveNothing() {
        machines.machines().forEach(Machine::close);
    }

    private static DeviceDescription card(String name, String address) {
        return new DeviceDescription("org.cupule.sample", name, "", Map.of(), Map.of(), address, Map.of(), "");
    }

    private RunningGuest listening() {
        RunningGuest guest = RunningGuest.start(machines, "hotplug", 1, "");
        guest.await(() -> !guest.said("slot 3: works").isEmpty(), "the card that was there at power-on");
        return guest;
    }

    private static void says(RunningGuest guest, String line, int times) {
        guest.await(() -> guest.said(line).size() >= times, "%d times '%s'".formatted(times, line));
    }

    @Test
    public void cardsComeAndGoWhileTheGuestWorks() throws Exception {
        try (RunningGuest guest = listening()) {
            for (int time = 1; time <= 3; time++) {
                guest.machine().plug(card("one", "00:1f.0"));
                guest.machine().plug(card("two", ""));
                says(guest, "slot 31: works", time);
                says(guest, "slot 1: works", time);

                guest.machine().unplug("one", PATIENCE);
                guest.machine().unplug("two", PATIENCE);

                assertThat(guest.machine().devices()).extracting(Machine.DeviceInfo::name).doesNotContain("one", "two");
                says(guest, "slot 31: ejected", time);
                says(guest, "slot 1: ejected", time);
            }
            assertThat(guest.verdict()).isEqualTo("verdict: right");
        }
    }

    @Test
    public void guestIsToldOfACardThatWasPulledOut() throws Exception {
        try (RunningGuest guest = listening()) {
            guest.machine().plug(card("one", "00:05.0"));
            says(guest, "slot 5: works", 1);

            guest.machine().unplug("one");

            says(guest, "slot 5: pulled out", 1);
            assertThat(guest.verdict()).isEqualTo("verdict: right");
        }
    }

    @Test
    public void aGuestMayKeepACardUntilItLikesToLetGo() throws Exception {
        try (RunningGuest guest = listening()) {
            guest.type('k');
            says(guest, "keeping", 1);
            assertThatThrownBy(() -> guest.machine().unplug("sample", Duration.ofMillis(300)))
                    .isInstanceOf(HsmException.class).hasMessageContaining("ETIMEDOUT");
            says(guest, "slot 3: asked", 1);
            assertThat(guest.machine().devices()).filteredOn(device -> device.name().equals("sample"))
                    .singleElement().extracting(Machine.DeviceInfo::status).asString().contains("was asked to let go");

            guest.type('l');

            says(guest, "slot 3: ejected", 1);
            guest.await(() -> guest.machine().devices().stream().noneMatch(device -> device.name().equals("sample")),
                    "the end of the card");
            assertThat(guest.verdict()).isEqualTo("verdict: right");
        }
    }

    @Test
    public void aGuestMayRefuseAndLetGoWhenItIsAskedAgain() throws Exception {
        try (RunningGuest guest = listening()) {
            guest.type('r');
            says(guest, "refusing", 1);
            assertThatThrownBy(() -> guest.machine().unplug("sample", PATIENCE)).isInstanceOf(HsmException.class)
                    .hasMessageContaining("EBUSY").hasMessageContaining("does not let go of it: it is busy");
            assertThat(guest.machine().devices()).filteredOn(device -> device.name().equals("sample"))
                    .singleElement().extracting(Machine.DeviceInfo::status)
                    .isEqualTo("running: the guest does not let go of it: it is busy");
            says(guest, "slot 3: refused", 1);

            guest.type('l');
            says(guest, "letting go", 1);
            guest.machine().unplug("sample", PATIENCE);

            says(guest, "slot 3: ejected", 1);
            assertThat(guest.verdict()).isEqualTo("verdict: right");
        }
    }

    @Test
    public void aRequestIsPartOfASnapshot() throws Exception {
        Path file = Files.createTempFile("hotplug", ".snapshot");
        try (RunningGuest guest = listening()) {
            guest.type('k');
            says(guest, "keeping", 1);
            assertThatThrownBy(() -> guest.machine().unplug("sample", Duration.ofMillis(300)))
                    .isInstanceOf(HsmException.class);
            guest.machine().pause();
            guest.machine().save(file);
        }
        try (RunningGuest guest = RunningGuest.of(machines.restore(file))) {
            guest.machine().start();
            guest.type('l');
            says(guest, "slot 3: ejected", 1);
            guest.await(() -> guest.machine().devices().stream().noneMatch(device -> device.name().equals("sample")),
                    "the end of the card");
            assertThat(guest.verdict()).isEqualTo("verdict: right");
        } finally {
            Files.delete(file);
        }
    }
}
