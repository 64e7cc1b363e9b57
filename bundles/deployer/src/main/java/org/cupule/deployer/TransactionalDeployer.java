package org.cupule.deployer;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.cupule.swap.Deployer;
import org.cupule.swap.Leak;
import org.cupule.swap.PluginEvent;
import org.cupule.swap.PluginListener;
import org.cupule.swap.PluginState;
import org.cupule.swap.Rescuer;
import org.cupule.swap.StuckThread;
import org.cupule.swap.Swappable;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deploys plug-ins side by side: the new one is installed beside the old one, the live instances move, the loser goes.
 * What is installed comes back at the next start.
 *
 * @threading any thread; one transaction at a time, a second one is refused with EBUSY or EALREADY
 */
@Component(service = {Deployer.class, Rescuer.class}, immediate = true, configurationPid = "org.cupule.deployer")
@Designate(ocd = TransactionalDeployer.Settings.class)
public final class TransactionalDeployer implements Deployer, Rescuer {
    /** Platform settings of the deployer. */
    @ObjectClassDefinition(name = "Cupule deployer", description = "How plug-ins come and go")
    public @interface Settings {
        /** SHA-256 fingerprints of the certificates whose plug-ins may come in. */
        @AttributeDefinition(required = false, description = "SHA-256 fingerprints of the certificates whose plug-ins may come in; none for anybody's")
        String[] signers() default {};

        /** How long a plug-in may take to start or to stop, in milliseconds. */
        @AttributeDefinition(description = "How long a plug-in may take to start or to stop, in milliseconds", min = "1")
        long start_millis() default 20_000;
    }

    /** How long an instance may take to come to rest where nobody said how long. */
    static final Duration QUIESCE = Duration.ofSeconds(2);
    /** The property of the framework that names the platform's folder. */
    static final String HOME = "cupule.home";
    private static final Logger LOG = LoggerFactory.getLogger(TransactionalDeployer.class);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Instances instances = new Instances();
    private final Turn turn = new Turn();
    private final Journal journal = new Journal();
    private final Departures departures = new Departures(journal);
    private final Rollback rollback = new Rollback(journal);
    private final Wiring wiring;
    private final Plugs plugs;
    private final @Nullable Persistence persistence;

    /** Made by the component runtime. */
    @Activate
    public TransactionalDeployer(BundleContext context, Settings settings) {
        this(context, home(context));
        modified(settings);
    }

    TransactionalDeployer(BundleContext context, @Nullable Path home) {
        this.wiring = new Wiring(context);
        this.plugs = new Plugs(instances, wiring, journal, departures);
        this.persistence = home == null ? null : new Persistence(home, turn, plugs, journal);
    }

    private static @Nullable Path home(BundleContext context) {
        String home = context.getProperty(HOME);
        return home == null ? null : Path.of(home);
    }

    /** Brings back what was installed, once owners and listeners are bound. */
    @Activate
    void begin() {
        if (persistence != null) {
            persistence.begin();
        }
    }

    /** A changed configuration: what is installed stays. */
    @Modified
    void modified(Settings settings) {
        try {
            plugs.signers(Signers.of(settings.signers()));
        } catch (HsmException e) {
            LOG.error("{}; nobody's plug-ins come in until it is mended", e.getMessage());
            plugs.signers(Signers.NOBODY);
        }
        wiring.deadline(Duration.ofMillis(Math.max(1, settings.start_millis())));
    }

    /** Nothing is watched any more; the plug-ins stay. */
    @Deactivate
    void end() {
        departures.close();
        if (persistence != null) {
            persistence.close();
        }
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addSwappable(Swappable owner) {
        instances.add(owner);
    }

    void removeSwappable(Swappable owner) {
        instances.remove(owner);
        rollback.forget(owner);
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void addListener(PluginListener listener) {
        journal.add(listener);
    }

    void removeListener(PluginListener listener) {
        journal.remove(listener);
    }

    @Override
    public Deployment plug(URI location) {
        PluginJar jar = PluginJar.read(location); // may be far away: nobody waits for it
        return turn.alone("plug", location.toString(), () -> kept(plugs.plug(jar), List.of()));
    }

    @Override
    public Deployment swap(URI location, Duration deadline) {
        PluginJar jar = PluginJar.read(location);
        return turn.alone("swap", location.toString(), () -> {
            List<Plugin> before = plugins();
            Deployment done = plugs.swap(jar, deadline);
            List<Plugin> after = plugins();
            return kept(done, before.stream().filter(plugin -> after.stream().noneMatch(
                    other -> other.bundle() == plugin.bundle())).map(Plugin::sha256).toList());
        });
    }

    @Override
    public Deployment unplug(String wanted, boolean force) {
        return turn.alone("unplug", wanted, () -> {
            if (persistence != null && persistence.forget(wanted)) {
                return new Deployment(Persistence.forgotten(wanted), List.of(), List.of(
                        wanted + " was not installed; it is not looked for any more"));
            }
            return unplugged(wanted, force);
        });
    }

    /** One that is stuck on its way out was not wanted any more, either: it does not come back. */
    private Deployment unplugged(String wanted, boolean force) {
        List<Plugin> before = plugins();
        try {
            return forgotten(plugs.unplug(wanted, force));
        } catch (HsmException e) {
            if (force && e.errno() == Errno.ETIMEDOUT) {
                before.stream().filter(plugin -> means(wanted, plugin)).forEach(plugin -> forgotten(new Deployment(
                        plugin, List.of(), List.of())));
            }
            throw e;
        }
    }

    private static boolean means(String wanted, Plugin plugin) {
        return wanted.equals(Long.toString(plugin.bundle())) || wanted.equals(plugin.name())
                || wanted.equals(plugin.name() + "@" + plugin.version());
    }

    private Deployment kept(Deployment done, List<String> replaced) {
        return noted(done, "it will not come back at the next start: ", persistence -> persistence.installed(done
                .plugin(), replaced));
    }

    private Deployment forgotten(Deployment done) {
        return noted(done, "it will come back at the next start: ", persistence -> persistence.removed(done.plugin()
                .sha256()));
    }

    /** What was done stays done, also when it cannot be noted for the next start. */
    private Deployment noted(Deployment done, String otherwise, Consumer<Persistence> note) {
        try {
            if (persistence != null) {
                note.accept(persistence);
            }
            return done;
        } catch (RuntimeException e) {
            Plugin plugin = done.plugin();
            String sentence = otherwise + e.getMessage();
            LOG.error("{}@{}: {}", plugin.name(), plugin.version(), sentence);
            journal.tell("keep", plugin.name() + "@" + plugin.version(), plugin.sha256(), PluginState.FAILED, sentence);
            return new Deployment(plugin, done.swaps(), Stream.concat(done.steps().stream(), Stream.of(sentence))
                    .toList());
        }
    }

    @Override
    public List<Plugin> plugins() {
        return plugs.plugins();
    }

    @Override
    public List<PluginEvent> events() {
        return journal.events();
    }

    @Override
    public List<Leak> leaks() {
        return turn.alone("leaks", "all", () -> {
            List<Departures.Departed> present = departures.present();
            present.forEach(departed -> departures.await(departed, QUIESCE));
            return departures.present().isEmpty() ? List.of() : LeakFinder.find();
        });
    }

    @Override
    public List<StuckThread> stuck() {
        return Stream.concat(wiring.stuck().stream(), instances.stuck()).toList();
    }

    @Override
    public void quarantined(Swappable owner, String target) {
        try {
            turn.later("rollback", target, PATIENCE, () -> {
                rollback.rescue(owner, target, plugs::bringBack);
                return target;
            });
        } catch (HsmException e) {
            LOG.error("{} stays in quarantine: {}", target, e.getMessage());
        }
    }
}
