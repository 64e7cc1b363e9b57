package org.cupule.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.inject.Inject;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.machine.Machines;
import org.cupule.swap.Deployer;
import org.junit.Test;
import org.junit.runner.RunWith;
import org.ops4j.pax.exam.Configuration;
import org.ops4j.pax.exam.Option;
import org.ops4j.pax.exam.junit.PaxExam;
import org.ops4j.pax.exam.spi.reactors.ExamReactorStrategy;
import org.ops4j.pax.exam.spi.reactors.PerClass;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.event.Event;
import org.osgi.service.event.EventConstants;
import org.osgi.service.event.EventHandler;

/** Who listens at the framework's event admin is told each step of plug-ins and of devices. */
@RunWith(PaxExam.class)
@ExamReactorStrategy(PerClass.class)
public class EventsIT {
    private static final Duration MOST = Duration.ofSeconds(60);
    private static final String INTERVAL = "org.cupule.hw.ept.interval";

    @Inject
    private BundleContext context;
    @Inject
    private Machines machines;
    @Inject
    private Deployer deployer;

    /** {@return the platform} */
    @Configuration
    public Option[] configuration() throws IOException {
        return new Option[]{TestPlatform.platform()};
    }

    /** What was heard under a topic. */
    private static final class Heard implements EventHandler, AutoCloseable {
        private final List<Event> events = new CopyOnWriteArrayList<>();
        private final ServiceRegistration<EventHandler> registration;

        private Heard(BundleContext context, String topics) {
            registration = context.registerService(EventHandler.class, this, new Hashtable<>(Map.of(
                    EventConstants.EVENT_TOPIC, topics)));
        }

        @Override
        public void handleEvent(Event event) {
            events.add(event);
        }

        /** {@return the topics of whom the property begins and ends so, when this one has come} */
        private List<String> until(String last, String property, String begin, String end) {
            Await.until(() -> topics(property, begin, end).contains(last), MOST, () -> last + " in " + topics(property,
                    begin, end));
            return topics(property, begin, end);
        }

        private List<String> topics(String property, String begin, String end) {
            return events.stream().filter(event -> event.getProperty(property) instanceof String value && value
                    .startsWith(begin) && value.endsWith(end)).map(Event::getTopic).toList();
        }

        @Override
        public void close() {
            registration.unregister();
        }
    }

    @Test
    public void stepsOfAPlugin() {
        try (var heard = new Heard(context, "org/cupule/plugin/*")) {
            deployer.plug(TestPlatform.plugin("hw-ept-interval").toUri());
            deployer.unplug(INTERVAL, false);

            assertThat(heard.until("org/cupule/plugin/GONE", "plugin", INTERVAL + "@", "")).containsExactly(
                    "org/cupule/plugin/REQUESTED", "org/cupule/plugin/RESOLVED", "org/cupule/plugin/ACTIVE",
                    "org/cupule/plugin/REQUESTED", "org/cupule/plugin/QUIESCED", "org/cupule/plugin/UNINSTALLED",
                    "org/cupule/plugin/GONE");
        }
    }

    @Test
    public void stepsOfADeviceThatTheGuestLetsGoOf() throws Exception {
        try (var heard = new Heard(context, "org/cupule/device/*");
                var guest = RunningGuest.start(machines, "hotplug", 1, "")) {
            guest.await(() -> !guest.said("slot 3: works").isEmpty(), "the card that was there at power-on");

            guest.machine().plug(new DeviceDescription("org.cupule.sample", "one", "", Map.of(), Map.of(), "00:1f.0",
                    Map.of(), ""));
            guest.await(() -> !guest.said("slot 31: works").isEmpty(), "the card");
            guest.machine().unplug("one", MOST);

            assertThat(heard.until("org/cupule/device/GONE", "target", "vm", ".one")).containsExactly(
                    "org/cupule/device/INSERTED", "org/cupule/device/REQUESTED", "org/cupule/device/EJECTING",
                    "org/cupule/device/GONE");
        }
    }
}
