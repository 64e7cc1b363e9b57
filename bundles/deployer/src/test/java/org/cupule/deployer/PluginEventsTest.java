package org.cupule.deployer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.cupule.swap.PluginEvent;
import org.cupule.swap.PluginListener;
import org.cupule.swap.PluginState;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.service.event.Event;
import org.osgi.service.event.EventAdmin;

/** The states of plug-ins as others see them: in the flight recorder, at the event admin, as listeners. */
class PluginEventsTest {
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final String[] LEAK = {"plug REQUESTED", "plug RESOLVED", "plug ACTIVE", "unplug REQUESTED",
            "unplug QUIESCED", "unplug UNINSTALLED", "unplug LEAKED", "unplug GONE"};

    @TempDir
    Path folder;

    private static ClassLoader holder;
    /** Its own: a recording is of the whole process, in which a plug-in of the test before may go just now. */
    private final String name = "acme.recorded" + NUMBER.incrementAndGet();
    private final String sensor = name + "@1.0.0";

    private final Sent sent = new Sent();
    private Framework framework;
    private TransactionalDeployer deployer;

    /** An event admin that remembers. */
    private static final class Sent implements EventAdmin {
        private final List<Event> posted = new ArrayList<>();

        @Override
        public void postEvent(Event event) {
            posted.add(event);
        }

        @Override
        public void sendEvent(Event event) {
            throw new AssertionError("a handler of the event admin must not hold up a transaction");
        }
    }

    @BeforeEach
    void start() throws Exception {
        framework = ServiceLoader.load(FrameworkFactory.class).findFirst().orElseThrow()
                .newFramework(Map.of("org.osgi.framework.storage", folder.resolve("cache").toString()));
        framework.start();
        deployer = new TransactionalDeployer(framework.getBundleContext(), (Path) null);
        deployer.addSwappable(new HeaderOwner(framework.getBundleContext()));
        deployer.addListener(new EventAdminSender(sent));
    }

    @AfterEach
    void stop() throws Exception {
        holder = null;
        deployer.end();
        framework.stop();
        framework.waitForStop(10_000);
    }

    @Test
    void eachStepOfAPlugAnUnplugAndALeakIsInARecording() throws Exception {
        List<RecordedEvent> recorded = recorded(this::plugUnplugAndLeak);

        assertThat(recorded).extracting(
                event -> event.getString("operation") + " " + event.getString("state")).containsExactly(LEAK);
        assertThat(recorded).filteredOn(event -> event.getString("state").equals("LEAKED")).singleElement().satisfies(
                event -> assertThat(event.getString("detail")).contains("hsm:leaks"));
    }

    @Test
    void eachStepOfAPlugAnUnplugAndALeakIsSentToTheEventAdmin() throws Exception {
        plugUnplugAndLeak();

        assertThat(sent.posted).filteredOn(event -> event.getProperty("plugin").equals(sensor)).extracting(
                event -> event.getProperty("operation") + " " + event.getTopic().substring(PluginEvent.TOPIC.length()))
                .containsExactly(LEAK);
    }

    @Test
    void whatIsRefusedIsRecordedAndSentWithItsReason() throws Exception {
        URI jar = jar("Import-Package", "com.acme.nowhere");

        List<RecordedEvent> recorded = recorded(() -> assertThatThrownBy(() -> deployer.plug(jar)).isInstanceOf(
                HsmException.class));

        assertThat(recorded).last().satisfies(event -> {
            assertThat(event.getString("state")).isEqualTo("REFUSED");
            assertThat(event.getString("detail")).contains("com.acme.nowhere");
        });
        assertThat(sent.posted).last().satisfies(event -> {
            assertThat(event.getTopic()).isEqualTo("org/cupule/plugin/REFUSED");
            assertThat(event.getProperty("detail")).asString().contains("com.acme.nowhere");
        });
    }

    @ParameterizedTest
    @EnumSource
    void eachStateIsToldToAllWithAllThatIsKnown(PluginState state) throws Exception {
        var journal = new Journal();
        var told = new ArrayList<PluginEvent>();
        journal.add(told::add);
        journal.add(new EventAdminSender(sent));

        List<RecordedEvent> recorded = recorded(() -> journal.tell("swap", sensor, "12ab", state, "a sentence"));

        assertThat(recorded).singleElement().satisfies(event -> assertThat(Stream.of("operation", "plugin", "state",
                "detail").map(event::getString)).containsExactly("swap", sensor, state.name(), "a sentence"));
        assertThat(told).singleElement().isEqualTo(new PluginEvent("swap", sensor, "12ab", state, "a sentence", told
                .getFirst().at()));
        assertThat(sent.posted).singleElement().satisfies(event -> {
            assertThat(event.getTopic()).isEqualTo("org/cupule/plugin/" + state);
            assertThat(properties(event)).containsOnly(entry("operation", "swap"), entry("plugin", sensor), entry(
                    "sha256", "12ab"), entry("state", state.name()), entry("detail", "a sentence"),
                    entry("timestamp",
                            told.getFirst().at().toEpochMilli()),
                    entry("event.topics", event.getTopic()));
        });
        assertThat(journal.events()).isEqualTo(told);
    }

    @Test
    void aListenerThatFailsHoldsUpNobody() {
        var journal = new Journal();
        PluginListener failing = event -> {
            throw new NoClassDefFoundError("on purpose");
        };
        journal.add(failing);
        journal.add(new EventAdminSender(sent));

        journal.tell("plug", sensor, "", PluginState.ACTIVE, "");

        assertThat(sent.posted).hasSize(1);
    }

    // ------------------------------------------------------------------ helpers

    /** What is recorded. */
    private interface Steps {
        void run() throws Exception;
    }

    private List<RecordedEvent> recorded(Steps steps) throws Exception {
        Path file = folder.resolve("plug-ins.jfr");
        try (var recording = new Recording()) {
            recording.enable("org.cupule.Plugin");
            recording.start();
            steps.run();
            recording.stop();
            recording.dump(file);
        }
        return RecordingFile.readAllEvents(file).stream().filter(event -> event.getEventType().getName().equals(
                "org.cupule.Plugin") && event.getString("plugin").equals(sensor))
                .sorted(Comparator.comparing(RecordedEvent::getStartTime)).toList();
    }

    private void plugUnplugAndLeak() throws IOException {
        long bundle = deployer.plug(jar("Test-Models", "sensor/analog")).plugin().bundle();
        holder = Wiring.loader(framework.getBundleContext().getBundle(bundle));
        deployer.unplug(name, false);
        holder = null;
        assertThat(deployer.leaks()).isEmpty();
    }

    private URI jar(String... headers) throws IOException {
        return new Jars(folder).jar(name, "1.0.0", headers);
    }

    private static Map<String, Object> properties(Event event) {
        var properties = new HashMap<String, Object>();
        for (String name : event.getPropertyNames()) {
            properties.put(name, event.getProperty(name));
        }
        return properties;
    }
}
