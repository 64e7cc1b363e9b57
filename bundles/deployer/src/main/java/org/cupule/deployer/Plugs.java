package org.cupule.deployer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.cupule.swap.Deployer.Deployment;
import org.cupule.swap.Deployer.Plugin;
import org.cupule.swap.PluginState;
import org.cupule.swap.Swappable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.framework.Bundle;

/**
 * The transactions, each of which is carried out whole, or leaves all as it was.
 *
 * <pre>
 *   install -> resolve -> start -> [ find whose place -> move all instances -> stop and uninstall that one ]
 *      |          |         |              |                  | one fails: those that moved go back
 *      '----------'---------'--------------'------------------'--> uninstall the new one; the failure is thrown
 * </pre>
 *
 * @threading confined to whose turn it is
 */
final class Plugs {
    private static final Duration PATIENCE = Duration.ofSeconds(3);
    private static final int MOST_ON_SHELF = 16;

    private final Instances instances;
    private final Wiring wiring;
    private final Journal journal;
    private final Departures departures;
    private final AtomicLong installations = new AtomicLong();
    /** By bundle: the jar whose place it took. */
    private final Map<Long, PluginJar> shelf = Collections.synchronizedMap(new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Long, PluginJar> eldest) {
            return size() > MOST_ON_SHELF;
        }
    });
    private volatile Signers signers = Signers.ANYBODY;

    Plugs(Instances instances, Wiring wiring, Journal journal, Departures departures) {
        this.instances = instances;
        this.wiring = wiring;
        this.journal = journal;
        this.departures = departures;
    }

    void signers(Signers allowed) {
        signers = allowed;
    }

    // ------------------------------------------------------------------ in

    Deployment plug(PluginJar jar) {
        return entering("plug", jar, false, (next, steps) -> new Deployment(plugin(next), List.of(), steps));
    }

    /** Installs beside what is there, be it another build of the same version. */
    Deployment beside(String operation, PluginJar jar) {
        return entering(operation, jar, true, (next, steps) -> new Deployment(plugin(next), List.of(), steps));
    }

    Deployment swap(PluginJar jar, Duration deadline) {
        return entering("swap", jar, true, (next, steps) -> replace(predecessors(jar, next), next, jar, deadline,
                steps));
    }

    private interface Rest {
        Deployment of(Bundle next, List<String> steps);
    }

    private Deployment entering(String operation, PluginJar jar, boolean rebuilt, Rest rest) {
        String id = jar.name() + "@" + jar.version();
        journal.tell(operation, id, jar.sha256(), PluginState.REQUESTED, "from " + jar.location());
        try {
            signers.require(jar);
            refuseTwin(jar, rebuilt);
            var steps = new ArrayList<String>();
            Bundle next = install(operation, jar, steps);
            Deployment done = orWithdraw(next, () -> rest.of(next, steps));
            journal.tell(operation, id, jar.sha256(), PluginState.ACTIVE, String.join("; ", done.steps()));
            return done;
        } catch (HsmException e) {
            journal.tell(operation, id, jar.sha256(), e.errno() == Errno.ETIMEDOUT
                    ? PluginState.FAILED
                    : PluginState.REFUSED, e.getMessage());
            throw e;
        } catch (RuntimeException e) {
            journal.tell(operation, id, jar.sha256(), PluginState.FAILED, e.toString());
            throw e;
        }
    }

    /** One build of a version is enough; another build of it may come beside it only to take its place. */
    private void refuseTwin(PluginJar jar, boolean rebuilt) {
        wiring.bundles().stream()
                .filter(bundle -> jar.name().equals(bundle.getSymbolicName())
                        && jar.version().equals(bundle.getVersion())
                        && !(rebuilt && differs(jar, bundle)))
                .findFirst()
                .ifPresent(bundle -> {
                    throw new HsmException(Errno.EEXIST, "plug", differs(jar, bundle)
                            ? "another build of %s is installed (bundle %d): hsm:deploy puts this one into its place"
                                    .formatted(Wiring.name(bundle), bundle.getBundleId())
                            : "just this build of %s is installed already (bundle %d)".formatted(Wiring.name(bundle),
                                    bundle.getBundleId()));
                });
    }

    private boolean differs(PluginJar jar, Bundle bundle) {
        return !jar.sha256().equals(wiring.origin(bundle).sha256());
    }

    private Bundle install(String operation, PluginJar jar, List<String> steps) {
        Bundle bundle = wiring.install(jar, installations.incrementAndGet());
        return orWithdraw(bundle, () -> {
            Wiring.requirePlugin(bundle);
            wiring.resolve(bundle);
            journal.tell(operation, Wiring.name(bundle), jar.sha256(), PluginState.RESOLVED,
                    "all that it needs is there");
            wiring.start(bundle);
            steps.add("installed %s as bundle %d".formatted(jar.text(), bundle.getBundleId()));
            return bundle;
        });
    }

    private interface Step<T> {
        T done();
    }

    private <T> T orWithdraw(Bundle next, Step<T> step) {
        try {
            return step.done();
        } catch (RuntimeException e) {
            withdraw(next);
            throw e;
        }
    }

    /** Takes a new bundle away again, unless instances had to stay with it, or a thread is stuck in its start. */
    private void withdraw(Bundle next) {
        List<Swappable.Target> staying = instances.targetsOf(next.getBundleId());
        if (!staying.isEmpty()) {
            journal.tell("swap", Wiring.name(next), wiring.origin(next).sha256(), PluginState.FAILED,
                    "it stays: %s could not go back to the older version".formatted(staying.stream().map(
                            Swappable.Target::name).toList()));
        } else if (next.getState() != Bundle.STARTING && next.getState() != Bundle.UNINSTALLED) {
            try {
                depart(next, "plug");
            } catch (HsmException e) {
                journal.tell("plug", Wiring.name(next), wiring.origin(next).sha256(), PluginState.FAILED, e
                        .getMessage());
            }
        }
    }

    private Deployment replace(List<Bundle> olds, Bundle next, PluginJar jar, Duration deadline, List<String> steps) {
        olds.forEach(old -> wiring.requireLeaf(old, instances));
        var move = new Move(instances, olds.stream().map(Bundle::getBundleId).toList(), next.getBundleId(), deadline);
        move.commitOrReturn();
        move.reports().forEach(report -> steps.add("moved %s from %s to %s".formatted(report.target(),
                report.from().id(), report.to().id())));
        olds.forEach(old -> leave(old, next, steps));
        return new Deployment(plugin(next), move.reports(), steps);
    }

    /** The new one is in force already: that the old one does not go is told, and no reason to go back. */
    private void leave(Bundle old, Bundle next, List<String> steps) {
        String name = Wiring.name(old);
        String sha256 = wiring.origin(old).sha256();
        journal.tell("swap", name, sha256, PluginState.QUIESCED, "its instances are with " + Wiring.name(next));
        wiring.origin(old).jar().ifPresent(jar -> shelf.put(next.getBundleId(), jar));
        try {
            depart(old, "swap");
            steps.add("uninstalled %s (%s)".formatted(name, PluginJar.brief(sha256)));
        } catch (HsmException e) {
            journal.tell("swap", name, sha256, PluginState.FAILED, e.getMessage());
            steps.add("%s is still there: %s".formatted(name, e.getMessage()));
        }
    }

    /** {@return whose place a jar takes: its namesakes', else the one plug-in's whose instances it could take} */
    private List<Bundle> predecessors(PluginJar jar, Bundle next) {
        List<Bundle> candidates = namesakes(jar, next);
        if (!candidates.isEmpty()) {
            return candidates;
        }
        candidates = users(next);
        if (candidates.size() != 1) {
            throw new HsmException(Errno.EINVAL, "swap", candidates.isEmpty()
                    ? "%s takes nobody's place: nothing of the same name or kind is in use; plug it instead".formatted(
                            Wiring.name(next))
                    : "%s could take the place of several: %s; swap single instances with hsm:swap".formatted(
                            Wiring.name(next), candidates.stream().map(Wiring::name).toList()));
        }
        return candidates;
    }

    /** {@return those in use, if any; else those of the same version; else the last that came} */
    private List<Bundle> namesakes(PluginJar jar, Bundle next) {
        List<Bundle> all = namesakes(jar.name()).filter(bundle -> !bundle.equals(next)).toList();
        List<Bundle> used = all.stream().filter(bundle -> !instances.targetsOf(bundle.getBundleId()).isEmpty())
                .toList();
        List<Bundle> equal = all.stream().filter(bundle -> jar.version().equals(bundle.getVersion())).toList();
        return !used.isEmpty() ? used : !equal.isEmpty() ? equal : all.isEmpty() ? all : List.of(all.getLast());
    }

    /** {@return the bundles of a symbolic name} */
    Stream<Bundle> namesakes(String name) {
        return wiring.bundles().stream().filter(bundle -> name.equals(bundle.getSymbolicName()));
    }

    private List<Bundle> users(Bundle next) {
        List<String> kinds = instances.offersOf(next.getBundleId()).map(model -> model.kind()).distinct().toList();
        Stream<Long> ids = instances.targets().stream()
                .filter(target -> kinds.contains(target.model().kind()) && target.bundle() != next.getBundleId())
                .map(Swappable.Target::bundle)
                .distinct();
        return ids.map(id -> wiring.bundles().stream().filter(bundle -> bundle.getBundleId() == id).findFirst()
                .orElse(null)).filter(Objects::nonNull).toList();
    }

    // ------------------------------------------------------------------ out

    Deployment unplug(String wanted, boolean force) {
        Bundle bundle = find(wanted);
        Plugin plugin = plugin(bundle);
        String id = Wiring.name(bundle);
        journal.tell("unplug", id, plugin.sha256(), PluginState.REQUESTED, force ? "by force" : "if nobody uses it");
        try {
            wiring.requireLeaf(bundle, instances);
            requireUnused(plugin, force);
            journal.tell("unplug", id, plugin.sha256(), PluginState.QUIESCED, plugin.users().isEmpty()
                    ? "nobody uses it"
                    : "parking " + String.join(", ", plugin.users()));
            Departures.Departed departed = depart(bundle, "unplug");
            return new Deployment(plugin, List.of(), List.of("uninstalled " + id, outcome(departed)));
        } catch (HsmException e) {
            journal.tell("unplug", id, plugin.sha256(), e.errno() == Errno.EBUSY
                    ? PluginState.REFUSED
                    : PluginState.FAILED, e.getMessage());
            throw e;
        }
    }

    private static void requireUnused(Plugin plugin, boolean force) {
        if (!force && !plugin.users().isEmpty()) {
            throw new HsmException(Errno.EBUSY, "unplug",
                    "%s@%s is in use by %s; swap those first, or force it: they are parked then"
                            .formatted(plugin.name(), plugin.version(), String.join(", ", plugin.users())));
        }
    }

    private String outcome(Departures.Departed departed) {
        if (departures.await(departed, PATIENCE)) {
            return "gone: its class loader is collected";
        }
        departures.tellLeaked(departed, "something holds its class loader: hsm:leaks names it");
        return "LEAKED: something holds its class loader: hsm:leaks names it";
    }

    /** Uninstalls; from then on its class loader is looked after. */
    Departures.Departed depart(Bundle bundle, String operation) {
        String name = Wiring.name(bundle);
        String sha256 = wiring.origin(bundle).sha256();
        ClassLoader loader = Wiring.loader(bundle);
        wiring.remove(bundle);
        journal.tell(operation, name, sha256, PluginState.UNINSTALLED, "its classes go when nobody holds them");
        return departures.add(name, sha256, loader);
    }

    private Bundle find(String wanted) {
        List<Bundle> found = wiring.bundles().stream()
                .filter(bundle -> wanted.equals(Long.toString(bundle.getBundleId()))
                        || wanted.equals(bundle.getSymbolicName()) || wanted.equals(Wiring.name(bundle)))
                .toList();
        if (found.size() != 1) {
            throw new HsmException(Errno.ENOENT, "unplug", found.isEmpty()
                    ? "there is no plug-in '" + wanted + "'; hsm:plugins lists them"
                    : "'%s' means %s; say which by name@version or by its number".formatted(wanted,
                            found.stream().map(Wiring::name).toList()));
        }
        Bundle bundle = found.getFirst();
        if (!Wiring.ours(bundle) && !instances.offering().contains(bundle.getBundleId())) {
            throw new HsmException(Errno.EINVAL, "unplug", Wiring.name(bundle)
                    + " is no plug-in: it offers no models; hsm:plugins lists those that do");
        }
        return bundle;
    }

    // ------------------------------------------------------------------ back

    /**
     * Installs again what a bundle has taken the place of. @return its bundle id; empty when nothing is on the shelf
     */
    Optional<Long> bringBack(long bundle) {
        Optional<PluginJar> jar = Optional.ofNullable(shelf.get(bundle));
        return jar.map(earlier -> ofContent(earlier.name(), earlier.sha256()).map(Bundle::getBundleId)
                .orElseGet(() -> beside("rollback", earlier).plugin().bundle()));
    }

    // ------------------------------------------------------------------ what is there

    List<Plugin> plugins() {
        List<Long> offering = instances.offering();
        return wiring.bundles().stream()
                .filter(bundle -> offering.contains(bundle.getBundleId()) || Wiring.ours(bundle))
                .map(this::plugin)
                .toList();
    }

    /** {@return the installed bundle of just this content} */
    Optional<Bundle> ofContent(String name, String sha256) {
        return namesakes(name).filter(bundle -> wiring.origin(bundle).sha256().equals(sha256)).findFirst();
    }

    Plugin plugin(Bundle bundle) {
        long id = bundle.getBundleId();
        Origins.Origin origin = wiring.origin(bundle);
        return new Plugin(id, bundle.getSymbolicName(), bundle.getVersion().toString(),
                instances.offersOf(id).map(model -> model.kind() + "/" + model.id()).toList(),
                instances.targetsOf(id).stream().map(Swappable.Target::name).toList(), origin.location(),
                origin.sha256(), bundle.getState() == Bundle.ACTIVE
                        ? PluginState.ACTIVE
                        : PluginState.FAILED);
    }
}
