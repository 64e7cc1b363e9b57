package org.cupule.deployer;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.cupule.swap.Deployer;
import org.cupule.swap.Swappable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deploys plug-ins side by side: the new one is installed beside the old one, the live instances move, the loser goes.
 *
 * @threading any thread; one transaction at a time, a second one is refused with EBUSY
 */
@Component(service = Deployer.class)
public final class TransactionalDeployer implements Deployer {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionalDeployer.class);

    private final Instances instances = new Instances();
    private final ReentrantLock transaction = new ReentrantLock();
    private final AtomicLong installations = new AtomicLong();
    private final Wiring wiring;

    /** Made by the component runtime. */
    @Activate
    public TransactionalDeployer(BundleContext context) {
        this.wiring = new Wiring(context);
    }

    /** A changed configuration: there are no settings, and a transaction must not end for it. */
    @Modified
    void modified() {
        // what the framework would otherwise answer with a new component
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addSwappable(Swappable owner) {
        instances.add(owner);
    }

    void removeSwappable(Swappable owner) {
        instances.remove(owner);
    }

    @Override
    public Deployment plug(URI location) {
        return alone(() -> {
            var steps = new ArrayList<String>();
            Bundle bundle = install(PluginJar.read(location), steps);
            return new Deployment(plugin(bundle), List.of(), steps);
        });
    }

    @Override
    public Deployment swap(URI location, Duration deadline) {
        return alone(() -> {
            PluginJar jar = PluginJar.read(location);
            var steps = new ArrayList<String>();
            Bundle next = install(jar, steps);
            try {
                return replace(predecessor(jar, next), next, deadline, steps);
            } catch (HsmException e) {
                withdraw(next);
                throw e;
            }
        });
    }

    @Override
    public Deployment unplug(String wanted, boolean force) {
        return alone(() -> {
            Bundle bundle = find(wanted);
            Plugin plugin = plugin(bundle);
            wiring.requireLeaf(bundle);
            if (!force && !plugin.users().isEmpty()) {
                throw new HsmException(Errno.EBUSY, "unplug",
                        "%s is in use by %s; swap those first, or force it: they are parked then"
                                .formatted(Wiring.name(bundle), String.join(", ", plugin.users())));
            }
            wiring.remove(bundle);
            return new Deployment(plugin, List.of(), List.of("uninstalled " + Wiring.name(bundle)));
        });
    }

    @Override
    public List<Plugin> plugins() {
        return wiring.bundles().stream()
                .filter(bundle -> instances.offering().contains(bundle.getBundleId()))
                .map(this::plugin)
                .toList();
    }

    private Bundle install(PluginJar jar, List<String> steps) {
        wiring.bundles().stream()
                .filter(bundle -> jar.name().equals(bundle.getSymbolicName())
                        && jar.version().equals(bundle.getVersion()))
                .findFirst()
                .ifPresent(bundle -> {
                    throw new HsmException(Errno.EEXIST, "plug",
                            "%s is installed already (bundle %d); give the new one another Bundle-Version"
                                    .formatted(Wiring.name(bundle), bundle.getBundleId()));
                });
        Bundle bundle = wiring.install(jar, installations.incrementAndGet());
        try {
            wiring.start(bundle);
            Wiring.requirePlugin(bundle);
        } catch (HsmException e) {
            wiring.remove(bundle);
            throw e;
        }
        steps.add("installed %s as bundle %d".formatted(Wiring.name(bundle), bundle.getBundleId()));
        return bundle;
    }

    private Deployment replace(Bundle old, Bundle next, Duration deadline, List<String> steps) {
        wiring.requireLeaf(old);
        var move = new Move(instances, old.getBundleId(), next.getBundleId(), deadline);
        move.commitOrReturn();
        move.reports().forEach(report -> steps.add("moved %s from %s to %s".formatted(report.target(),
                report.from().id(), report.to().id())));
        wiring.remove(old);
        steps.add("uninstalled " + Wiring.name(old));
        LOG.info("{} took the place of {}: {} instances moved", Wiring.name(next), Wiring.name(old),
                move.reports().size());
        return new Deployment(plugin(next), move.reports(), steps);
    }

    /** Takes a new bundle away again, unless instances had to stay with it. */
    private void withdraw(Bundle next) {
        if (instances.targetsOf(next.getBundleId()).isEmpty()) {
            wiring.remove(next);
        } else {
            LOG.error("{} stays: {} could not go back to the older version", Wiring.name(next),
                    instances.targetsOf(next.getBundleId()));
        }
    }

    /**
     * {@return whose place a jar takes: its namesake's, else the one plug-in's whose instances are of the kinds it
     * offers}
     */
    private Bundle predecessor(PluginJar jar, Bundle next) {
        List<Bundle> candidates = wiring.bundles().stream()
                .filter(bundle -> jar.name().equals(bundle.getSymbolicName()) && !bundle.equals(next))
                .toList();
        if (candidates.isEmpty()) {
            candidates = users(next);
        }
        if (candidates.size() != 1) {
            throw new HsmException(Errno.EINVAL, "swap", candidates.isEmpty()
                    ? "%s takes nobody's place: nothing of the same name or kind is in use; plug it instead".formatted(
                            Wiring.name(next))
                    : "%s could take the place of several: %s; swap single instances with hsm:swap".formatted(
                            Wiring.name(next), candidates.stream().map(Wiring::name).toList()));
        }
        return candidates.getFirst();
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
        if (!instances.offering().contains(found.getFirst().getBundleId())) {
            throw new HsmException(Errno.EINVAL, "unplug",
                    Wiring.name(found.getFirst())
                            + " is no plug-in: it offers no models; hsm:plugins lists those that do");
        }
        return found.getFirst();
    }

    private Plugin plugin(Bundle bundle) {
        long id = bundle.getBundleId();
        return new Plugin(id, bundle.getSymbolicName(), bundle.getVersion().toString(),
                instances.offersOf(id).map(model -> model.kind() + "/" + model.id()).toList(),
                instances.targetsOf(id).stream().map(Swappable.Target::name).toList());
    }

    private <T> T alone(Supplier<T> work) {
        if (!transaction.tryLock()) {
            throw new HsmException(Errno.EBUSY, "deploy",
                    "another deployment is going on; try again when it has ended");
        }
        try {
            return work.get();
        } finally {
            transaction.unlock();
        }
    }
}
