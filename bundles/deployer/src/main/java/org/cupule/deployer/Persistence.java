package org.cupule.deployer;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.cupule.swap.Deployer.Plugin;
import org.cupule.swap.PluginState;
import org.cupule.types.HsmException;
import org.osgi.framework.Bundle;

/**
 * What outlives the process: the lock file with what was installed, and the drop folder.
 *
 * <pre>
 *   $CUPULE_HOME/plugins.lock    name version sha256 location
 *   $CUPULE_HOME/plugins/        the drop folder
 *   $CUPULE_HOME/run/NUMBER/     gone with the process: what is plugged from there does not come back
 * </pre>
 *
 * @threading {@link #begin} once; the others by whose turn it is
 */
final class Persistence implements AutoCloseable, Drops.Sink {
    private final Path home;
    private final Path folder;
    private final Turn turn;
    private final Plugs plugs;
    private final Journal journal;
    private final LockFile lock;
    private final DropFolder drops;

    Persistence(Path home, Turn turn, Plugs plugs, Journal journal) {
        this.home = home.toAbsolutePath().normalize();
        this.folder = this.home.resolve("plugins");
        this.turn = turn;
        this.plugs = plugs;
        this.journal = journal;
        this.lock = new LockFile(this.home.resolve("plugins.lock"));
        this.drops = new DropFolder(folder, new Drops(turn, plugs, journal, this));
    }

    /** Brings back what was installed, and watches the folder from then on. */
    void begin() {
        List<LockFile.Entry> entries = lock.read();
        for (LockFile.Entry entry : entries) {
            if (!below(folder, entry.location())) {
                turn.alone("restore", entry.id(), () -> restored(entry));
            }
        }
        drops.scan();
        entries.stream().filter(entry -> below(folder, entry.location())).forEach(this::forgetIfGone);
        drops.watch();
    }

    @Override
    public void close() {
        drops.close();
    }

    private boolean restored(LockFile.Entry entry) {
        try {
            PluginJar jar = PluginJar.read(entry.location());
            if (!jar.sha256().equals(entry.sha256())) {
                missing(entry,
                        "%s has another content now (%s) than when it was plugged (%s); hsm:deploy it to take the new one, or hsm:unplug %s to forget it"
                                .formatted(entry.location(), PluginJar.brief(jar.sha256()),
                                        PluginJar.brief(entry.sha256()),
                                        entry.name()));
                return false;
            }
            if (plugs.ofContent(jar.name(), jar.sha256()).isPresent()) {
                return true; // the distribution has it too
            }
            List<Bundle> olds = plugs.namesakes(jar.name()).toList();
            plugs.beside("restore", jar);
            olds.forEach(this::leave);
            return true;
        } catch (HsmException e) {
            missing(entry, "it does not come back: %s; hsm:unplug %s forgets it".formatted(e.getMessage(),
                    entry.name()));
            return false;
        }
    }

    /** The built-in one whose place it has. */
    private void leave(Bundle old) {
        try {
            if (plugs.plugin(old).users().isEmpty()) {
                plugs.depart(old, "restore");
            }
        } catch (HsmException e) {
            journal.tell("restore", Wiring.name(old), "", PluginState.FAILED, e.getMessage());
        }
    }

    private void missing(LockFile.Entry entry, String sentence) {
        journal.tell("restore", entry.id(), entry.sha256(), PluginState.MISSING, sentence);
    }

    private void forgetIfGone(LockFile.Entry entry) {
        if (plugs.ofContent(entry.name(), entry.sha256()).isEmpty()) {
            lock.remove(List.of(entry.sha256()));
            if (!Path.of(entry.location()).toFile().exists()) {
                journal.tell("restore", entry.id(), entry.sha256(), PluginState.MISSING,
                        entry.location() + " was taken away while Cupule did not run; it is not looked for any more");
            }
        }
    }

    /** A plug-in is installed: it comes back, unless its jar goes with this process. */
    void installed(Plugin plugin, List<String> replaced) {
        URI location = URI.create(plugin.location());
        if (below(home.resolve("run"), location)) {
            lock.remove(replaced);
        } else {
            lock.put(new LockFile.Entry(plugin.name(), plugin.version(), plugin.sha256(), location), replaced);
        }
    }

    void removed(String sha256) {
        lock.remove(List.of(sha256));
    }

    /** {@return whether a plug-in that could not come back was meant, which is forgotten now} */
    boolean forget(String wanted) {
        List<String> hashes = lock.read().stream()
                .filter(entry -> wanted.equals(entry.name()) || wanted.equals(entry.id()))
                .filter(entry -> plugs.namesakes(entry.name()).findAny().isEmpty())
                .map(LockFile.Entry::sha256).toList();
        if (!hashes.isEmpty()) {
            lock.remove(hashes);
        }
        return !hashes.isEmpty();
    }

    static Plugin forgotten(String wanted) {
        String[] parts = wanted.split("@", 2);
        return new Plugin(-1, parts[0], parts.length == 2 ? parts[1] : "", List.of(), List.of(), "", "",
                PluginState.MISSING);
    }

    @Override
    public void installed(PluginJar jar) {
        List<String> others = lock.read().stream().filter(entry -> entry.name().equals(jar.name())
                && plugs.ofContent(entry.name(), entry.sha256()).isEmpty()).map(LockFile.Entry::sha256).toList();
        lock.put(LockFile.Entry.of(jar), others);
    }

    @Override
    public void removed(PluginJar jar) {
        removed(jar.sha256());
    }

    private static boolean below(Path folder, URI location) {
        try {
            return "file".equals(location.getScheme()) && Path.of(location).normalize().startsWith(folder);
        } catch (IllegalArgumentException e) { // file:foo.jar names no file: who reads it tells
            return false;
        }
    }
}
