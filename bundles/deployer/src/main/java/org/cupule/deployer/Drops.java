package org.cupule.deployer;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.cupule.swap.PluginState;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done with the jars of the drop folder. Nothing here throws: the outcome is told to the journal.
 *
 * @threading confined to the folder's thread
 */
final class Drops implements DropFolder.Drops {
    private static final Logger LOG = LoggerFactory.getLogger(Drops.class);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Turn turn;
    private final Plugs plugs;
    private final Journal journal;
    private final Sink sink;
    /** By file: the content that is installed from it. */
    private final Map<Path, PluginJar> installed = new HashMap<>();

    /** Is told what is installed now, and what not any more. */
    interface Sink {
        void installed(PluginJar jar);

        void removed(PluginJar jar);
    }

    Drops(Turn turn, Plugs plugs, Journal journal, Sink sink) {
        this.turn = turn;
        this.plugs = plugs;
        this.journal = journal;
        this.sink = sink;
    }

    @Override
    public boolean put(Path file, boolean lastTry) {
        PluginJar jar;
        URI location = file.toUri();
        try {
            jar = PluginJar.read(location);
        } catch (HsmException e) {
            if (lastTry) {
                LOG.warn("{} is not plugged in: {}", file, e.getMessage());
                journal.tell("plug", location.toString(), "", PluginState.REFUSED, e.getMessage());
            }
            return lastTry;
        }
        deploy(file, jar);
        return true;
    }

    private void deploy(Path file, PluginJar jar) {
        try {
            if (plugs.ofContent(jar.name(), jar.sha256()).isEmpty()) {
                turn.later("deploy", file.toString(), PATIENCE, () -> plugs.namesakes(jar.name()).findAny().isPresent()
                        ? plugs.swap(jar, TransactionalDeployer.QUIESCE)
                        : plugs.plug(jar));
            }
            installed.put(file, jar);
            note(jar, "it will not come back", () -> sink.installed(jar));
        } catch (HsmException e) {
            LOG.warn("{} is not plugged in: {}", file, e.getMessage());
            if (e.errno() == Errno.EBUSY && e.operation().equals("deploy")) {
                journal.tell("plug", file.toUri().toString(), jar.sha256(), PluginState.REFUSED, e.getMessage());
            } // else the transaction has told it
        }
    }

    @Override
    public void taken(Path file) {
        PluginJar jar = installed.remove(file);
        boolean elsewhere = jar != null && installed.values().stream().anyMatch(other -> other.sha256().equals(
                jar.sha256()));
        if (jar == null || elsewhere) {
            return;
        }
        plugs.ofContent(jar.name(), jar.sha256()).ifPresent(bundle -> {
            try {
                turn.later("unplug", jar.text(), PATIENCE, () -> plugs.unplug(Long.toString(bundle.getBundleId()),
                        false));
            } catch (HsmException e) {
                LOG.warn("{} stays plugged in: {}", jar.text(), e.getMessage());
                journal.tell("unplug", jar.name() + "@" + jar.version(), jar.sha256(), PluginState.REFUSED,
                        "its jar %s was taken away, but %s".formatted(file, e.getMessage()));
            }
        });
        note(jar, "it is looked for", () -> sink.removed(jar));
    }

    /** It is in, or out, whether or not that can be noted. */
    private void note(PluginJar jar, String otherwise, Runnable note) {
        try {
            note.run();
        } catch (HsmException e) {
            LOG.error("{}: {} at the next start: {}", jar.text(), otherwise, e.getMessage());
            journal.tell("keep", jar.name() + "@" + jar.version(), jar.sha256(), PluginState.FAILED,
                    otherwise + " at the next start: " + e.getMessage());
        }
    }
}
