package org.cupule.machine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.cupule.machine.device.DeviceEvent.State.EJECTING;
import static org.cupule.machine.device.DeviceEvent.State.GONE;
import static org.cupule.machine.device.DeviceEvent.State.INSERTED;
import static org.cupule.machine.device.DeviceEvent.State.PULLED;
import static org.cupule.machine.device.DeviceEvent.State.REFUSED;
import static org.cupule.machine.device.DeviceEvent.State.REQUESTED;
import static org.cupule.machine.device.DeviceEvent.State.STAYS;
import static org.cupule.machine.device.DeviceEvent.State.TIMED_OUT;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.cupule.dev.hotplug.SlotControllerFactory;
import org.cupule.dev.sample.SampleFactory;
import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.fault.FaultKind;
import org.cupule.fault.FaultSpec;
import org.cupule.hw.pci.ConventionalPciBusFactory;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.device.DeviceEvent.State;
import org.cupule.state.StateSchema;
import org.cupule.types.HsmException;
import org.cupule.types.ModelInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.osgi.service.event.Event;
import org.osgi.service.event.EventAdmin;

/** The states of a device that comes and goes, as others see them; the test is the guest. */
@Timeout(180)
class DeviceEventsTest {
    private static final int BDF = 5 << 3;
    private static final int REMOVAL = 0xCC4;
    private static final int EJECT = 0xCC8;
    private static final int CONTROL = 0xCCC;
    private static final int REFUSAL = 3 << 16 | 5 << 1 | 1;
    private static final int SLOT = 1 << 5;
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(50);

    private final DeviceBench bench = new DeviceBench();

    DeviceEventsTest() {
        bench.devices.addBus(PciOffer.of(new ConventionalPciBusFactory(), 3));
        bench.plug(new SlotControllerFactory(), "slots");
    }

    private void insertedUnderAGuestThatListens() {
        bench.vm.out(CONTROL, 4, 1);
        insert();
    }

    private void insert() {
        bench.plug(new SampleFactory(), new DeviceDescription("org.cupule.sample", "card", "", Map.of(), Map.of(),
                "00:05.0", Map.of(), ""));
    }

    private CompletableFuture<Void> asked() {
        var removal = CompletableFuture.runAsync(() -> bench.devices.unplug("card", LONG));
        long deadline = System.nanoTime() + LONG.toNanos();
        while (bench.vm.in(REMOVAL, 4) == 0 && System.nanoTime() - deadline < 0) {
            Thread.onSpinWait();
        }
        assertThat(bench.vm.in(REMOVAL, 4)).isEqualTo(SLOT);
        return removal;
    }

    private void notLetGoInTime() {
        assertThatThrownBy(() -> bench.devices.unplug("card", SHORT)).isInstanceOf(HsmException.class)
                .hasMessageContaining("ETIMEDOUT");
    }

    private List<DeviceEvent> ofTheCard() {
        return bench.events.stream().filter(event -> event.target().endsWith(".card")).toList();
    }

    private void assertStates(State... states) {
        assertThat(ofTheCard()).extracting(DeviceEvent::state).containsExactly(states);
        assertThat(ofTheCard()).extracting(DeviceEvent::model).containsOnly("sample@1.0.0");
    }

    @Test
    void aDeviceThatNeedsNoSlotComesAndGoesWithEvents() {
        bench.devices.unplug("slots");

        assertThat(bench.events).extracting(DeviceEvent::state).containsExactly(INSERTED, PULLED, GONE);
        assertThat(bench.events).extracting(DeviceEvent::target).containsOnly("vm" + bench.vm.vmid() + ".slots");
    }

    @Test
    void aGuestThatLetsGoIsRequestedEjectingGone() throws Exception {
        insertedUnderAGuestThatListens();
        CompletableFuture<Void> removal = asked();

        bench.vm.out(EJECT, 4, SLOT);

        removal.get(60, TimeUnit.SECONDS);
        assertStates(INSERTED, REQUESTED, EJECTING, GONE);
    }

    @Test
    void aGuestThatKeepsItIsTimedOutAndEjectingWhenItLetsGoAfterAll() {
        insertedUnderAGuestThatListens();

        notLetGoInTime();
        assertStates(INSERTED, REQUESTED, TIMED_OUT);
        assertThat(ofTheCard().getLast().detail()).contains("50 ms");

        bench.vm.out(EJECT, 4, SLOT);
        assertStates(INSERTED, REQUESTED, TIMED_OUT, EJECTING, GONE);
    }

    @Test
    void aGuestThatRefusesIsRefusedAndEjectingWhenItLetsGoAfterAll() {
        insertedUnderAGuestThatListens();
        CompletableFuture<Void> removal = asked();

        bench.vm.out(CONTROL, 4, REFUSAL | 0x81 << 8);

        assertThatThrownBy(() -> removal.get(60, TimeUnit.SECONDS)).hasMessageContaining("EBUSY");
        assertStates(INSERTED, REQUESTED, REFUSED);
        assertThat(ofTheCard().getLast().detail()).contains("an application uses it");
        bench.vm.out(EJECT, 4, SLOT);
        assertStates(INSERTED, REQUESTED, REFUSED, EJECTING, GONE);
    }

    @Test
    void aRefusalAfterTheTimeOutIsToldOnce() {
        insertedUnderAGuestThatListens();
        notLetGoInTime();

        bench.vm.out(CONTROL, 4, REFUSAL | 0x01 << 8);
        bench.vm.out(CONTROL, 4, REFUSAL | 0x01 << 8);

        assertStates(INSERTED, REQUESTED, TIMED_OUT, REFUSED);
    }

    @Test
    void aResetTakesWhatWasAskedForAndSaysSo() {
        insertedUnderAGuestThatListens();
        notLetGoInTime();

        bench.devices.reset();

        assertStates(INSERTED, REQUESTED, TIMED_OUT, EJECTING, GONE);
        assertThat(ofTheCard().get(3).detail()).contains("reset");
    }

    @Test
    void forceDuringARequestIsPulled() throws Exception {
        insertedUnderAGuestThatListens();
        CompletableFuture<Void> removal = asked();

        bench.devices.unplug("card");

        removal.get(60, TimeUnit.SECONDS);
        assertStates(INSERTED, REQUESTED, PULLED, GONE);
    }

    @Test
    void whereNoGuestListensItIsPulledWithoutARequest() {
        insert();

        bench.devices.unplug("card", LONG);

        assertStates(INSERTED, PULLED, GONE);
    }

    @Test
    void aGuestThatEjectsUnaskedIsEjectingGone() {
        insertedUnderAGuestThatListens();

        bench.vm.out(EJECT, 4, SLOT);

        assertStates(INSERTED, EJECTING, GONE);
    }

    @Test
    void aFaultPullsItAndTheFaultsEndInsertsIt() {
        insertedUnderAGuestThatListens();
        bench.vm.writeConfig(BDF, 4, 2, 7);
        long bar = bench.vm.readConfig(BDF, 0x10, 4) & 0xFFFF_FFF0L;
        bench.devices.addFault(1, "card", FaultSpec.of("card", FaultKind.REMOVE));
        assertThat(bench.vm.read(bar, 4)).isEqualTo(0xFFFF_FFFFL);

        bench.devices.removeFault(1);

        assertStates(INSERTED, PULLED, INSERTED);
        assertThat(ofTheCard().get(1).detail()).contains("fault");
    }

    @Test
    void whatTheGuestHasLetGoOfStaysWhileAMoveOfItDoesNotEnd() throws Exception {
        bench.policy = DeviceBench.HASTY;
        insertedUnderAGuestThatListens();
        var slow = new SlowToMake();
        var move = CompletableFuture.runAsync(() -> bench.devices.swap("card", DeviceOffer.of(slow, 2), LONG));
        assertThat(slow.inside.await(60, TimeUnit.SECONDS)).isTrue();

        bench.vm.out(EJECT, 4, SLOT);

        assertStates(INSERTED, EJECTING, STAYS);
        slow.goOn.countDown();
        assertThatThrownBy(() -> move.get(60, TimeUnit.SECONDS)).hasMessageContaining("on purpose");
    }

    @Test
    void aSecondRequestTellsNothing() throws Exception {
        insertedUnderAGuestThatListens();
        CompletableFuture<Void> removal = asked();

        assertThatThrownBy(() -> bench.devices.unplug("card", LONG)).isInstanceOf(HsmException.class)
                .hasMessageContaining("EALREADY").hasMessageContaining("wait for it, or take it away by force");

        assertStates(INSERTED, REQUESTED);
        bench.vm.out(EJECT, 4, SLOT);
        removal.get(60, TimeUnit.SECONDS);
    }

    @Test
    void eachStateIsInARecordingOfTheFlightRecorder(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("devices.jfr");
        try (var recording = new Recording()) {
            recording.enable("org.cupule.Device");
            recording.start();
            aGuestThatKeepsItIsTimedOutAndEjectingWhenItLetsGoAfterAll();
            recording.stop();
            recording.dump(file);
        }

        assertThat(RecordingFile.readAllEvents(file).stream().filter(event -> event.getEventType().getName().equals(
                "org.cupule.Device") && event.getString("target").endsWith(".card"))
                .sorted(Comparator.comparing(RecordedEvent::getStartTime))
                .map(event -> Stream.of("target", "model", "state", "detail").map(event::getString)
                        .toList()))
                .containsExactlyElementsOf(ofTheCard().stream().map(event -> List.of(event.target(),
                        event.model(), event.state().name(), event.detail())).toList());
    }

    @ParameterizedTest
    @EnumSource
    void eachStateIsSentToTheEventAdmin(State state) {
        var posted = new ArrayList<Event>();
        Instant at = Instant.ofEpochMilli(1_234_567);

        new DeviceEventSender(new Posted(posted)).changed(new DeviceEvent("vm1.card", "sample@1.0.0", state,
                "a sentence", at));

        assertThat(posted).singleElement().satisfies(event -> {
            assertThat(event.getTopic()).isEqualTo("org/cupule/device/" + state);
            assertThat(properties(event)).containsOnly(entry("target", "vm1.card"), entry("model", "sample@1.0.0"),
                    entry("state", state.name()), entry("detail", "a sentence"), entry("timestamp", 1_234_567L), entry(
                            "event.topics", event.getTopic()));
        });
    }

    private static Map<String, Object> properties(Event event) {
        var properties = new HashMap<String, Object>();
        for (String name : event.getPropertyNames()) {
            properties.put(name, event.getProperty(name));
        }
        return properties;
    }

    /** An event admin that remembers. */
    private record Posted(List<Event> events) implements EventAdmin {
        @Override
        public void postEvent(Event event) {
            events.add(event);
        }

        @Override
        public void sendEvent(Event event) {
            throw new AssertionError("a handler of the event admin must not hold up a machine");
        }
    }

    /** A model of the card that makes its device when it is let, and then not. */
    private static final class SlowToMake implements DeviceFactory {
        private final CountDownLatch inside = new CountDownLatch(1);
        private final CountDownLatch goOn = new CountDownLatch(1);
        private final DeviceFactory card = new SampleFactory();

        @Override
        public ModelInfo info() {
            return new ModelInfo(card.info().kind(), "slow", "1.0.0", "A card that takes its time.");
        }

        @Override
        public StateSchema schema() {
            return card.schema();
        }

        @Override
        public DeviceSpec spec() {
            return card.spec();
        }

        @Override
        public Device create(DeviceContext context) {
            inside.countDown();
            try {
                goOn.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new IllegalStateException("on purpose");
        }
    }
}
