package org.cupule.deployer;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.swap.PluginEvent;
import org.cupule.swap.PluginListener;
import org.cupule.swap.PluginState;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happened to plug-ins: remembered, logged, recorded, and told to who listens.
 *
 * @threading any thread
 */
final class Journal {
    private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
    private static final int KEPT = 200;

    private final ArrayDeque<PluginEvent> events = new ArrayDeque<>();
    private final List<PluginListener> listeners = new CopyOnWriteArrayList<>();

    void add(PluginListener listener) {
        listeners.add(listener);
    }

    void remove(PluginListener listener) {
        listeners.remove(listener);
    }

    List<PluginEvent> events() {
        synchronized (events) {
            return List.copyOf(events);
        }
    }

    void tell(String operation, String plugin, String sha256, PluginState state, String detail) {
        var event = new PluginEvent(operation, plugin, sha256, state, detail, Instant.now());
        keep(event);
        PluginFlightEvent.record(event);
        log(event);
        for (PluginListener listener : listeners) {
            try {
                listener.changed(event);
            } catch (RuntimeException | LinkageError e) {
                LOG.warn("a listener of plug-ins failed: {}", e.toString());
            }
        }
    }

    /** The oldest steps go first, but never the last one of a plug-in. */
    private void keep(PluginEvent event) {
        synchronized (events) {
            events.addLast(event);
            if (events.size() > KEPT) {
                events.stream().filter(old -> old != event && events.stream().anyMatch(
                        later -> later != old && later.plugin().equals(old.plugin()) && !later.at().isBefore(old.at())))
                        .findFirst().or(() -> events.stream().findFirst()).ifPresent(events::remove);
            }
        }
    }

    /** Whoever is refused is told so by an exception. */
    private static void log(PluginEvent event) {
        if (event.operation().equals("rollback") && event.state() == PluginState.ACTIVE) { // which nobody asked for
            LOG.warn("{} of {}: {}", event.operation(), event.plugin(), event.detail());
            return;
        }
        switch (event.state()) {
            case FAILED, LEAKED, MISSING ->
                LOG.warn("{} of {}: {}: {}", event.operation(), event.plugin(), event.state(), event.detail());
            case ACTIVE, GONE, REFUSED ->
                LOG.info("{} of {}: {}: {}", event.operation(), event.plugin(), event.state(), event.detail());
            default ->
                LOG.debug("{} of {}: {}: {}", event.operation(), event.plugin(), event.state(), event.detail());
        }
    }
}
