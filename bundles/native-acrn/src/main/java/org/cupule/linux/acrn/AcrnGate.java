package org.cupule.linux.acrn;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.cupule.abi.IoctlNumber;
import org.cupule.host.DeviceFile;
import org.cupule.host.Host;
import org.cupule.hypervisor.AbsentHypervisor;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
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
 * Finds out whether this machine runs on ACRN and offers the hypervisor if so; else it offers the reason, in one
 * sentence. It looks again when the host comes or goes, and when the settings change. VMs that were made stay.
 *
 * <p>
 * The service is registered by hand: whether there is one depends on the machine, not on other services.
 *
 * @threading any thread
 */
@Component(service = {}, immediate = true, configurationPid = "org.cupule.linux.acrn")
@Designate(ocd = AcrnGate.Settings.class)
public final class AcrnGate {
    /** Settings of the backend. */
    @ObjectClassDefinition(name = "Cupule on ACRN", description = "The machine's own ACRN hypervisor")
    public @interface Settings {
        /** The driver's device. */
        @AttributeDefinition(description = "Path of the driver's device")
        String device() default "/dev/acrn_hsm";

        /** The driver's attribute that takes processors from the Service VM. */
        @AttributeDefinition(description = "Path of the driver's attribute that takes processors from the Service VM")
        String remove_cpu() default "/sys/class/misc/acrn_hsm/remove_cpu";

        /** How long the thread that waits in the driver may take to leave it, in milliseconds. */
        @AttributeDefinition(description = "How long the thread that waits in the driver for a VM may take to leave "
                + "it when the VM is destroyed, in milliseconds", min = "1")
        long attach_deadline_millis() default 5000;

        /** Rank among hypervisors. */
        @AttributeDefinition(description = "Service ranking: above 0, VMs that name no hypervisor run on ACRN")
        int ranking() default 0;
    }

    private static final Logger LOG = LoggerFactory.getLogger(AcrnGate.class);
    private static final String DENIED = "native access is denied";
    private static final Path PROCESSORS = Path.of("/sys/devices/system/cpu");
    private static final Path CPUINFO = Path.of("/proc/cpuinfo");
    private static final Path PCI = Path.of("/sys/bus/pci/devices");

    private final BundleContext context;
    private Settings settings;
    private @Nullable Host host;
    private @Nullable ServiceRegistration<?> offered;
    private String said = "";
    private boolean active;

    /** Begins to look. */
    @Activate
    public AcrnGate(BundleContext context, Settings settings) {
        this.context = context;
        this.settings = settings;
    }

    /** Looks for the first time: the host that is there has been bound. */
    @Activate
    public synchronized void begin() {
        active = true;
        look();
    }

    /** Opens devices and calls threads back. */
    @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
    public synchronized void bindHost(Host now) {
        host = now;
        look();
    }

    /** Opens none any more. */
    public synchronized void unbindHost(Host before) {
        if (host == before) {
            host = null;
            look();
        }
    }

    /** Looks again. */
    @Modified
    public synchronized void modified(Settings changed) {
        settings = changed;
        look();
    }

    /** Offers nothing any more; VMs stay with the HSM that made them. */
    @Deactivate
    public synchronized void end() {
        active = false;
        withdraw();
    }

    private void look() {
        if (!active) {
            return;
        }
        withdraw();
        Host present = host;
        String reason = present == null
                ? withoutHost(settings.device(), System.getProperty("os.name"), AcrnGate::callNative)
                : whyNot(present, settings.device());
        if (present == null || !reason.isEmpty()) {
            offerReason(reason, present == null && !reason.contains(DENIED));
        } else {
            offer(present);
        }
    }

    private void offer(Host present) {
        Path device = Path.of(settings.device());
        Driver driver = new HostDriver(present, device, folder());
        var acrn = new AcrnHypervisor(driver, new AcrnHypervisor.Settings(present.name(),
                new ServiceProcessors(Path.of(settings.remove_cpu()), PROCESSORS, CPUINFO, present::open),
                new HostPci(PCI), settings.attach_deadline_millis()));
        offered = context.registerService(Hypervisor.class, acrn, properties());
        say("the hypervisor '" + AcrnHypervisor.NAME + "' is there: " + device);
    }

    /** Outlives the process, unlike the framework's storage: the next start may remove that before it is read. */
    private Path folder() {
        String home = context.getProperty("cupule.home");
        Path parent = home == null ? Path.of(System.getProperty("user.home"), ".cache", "cupule") : Path.of(home);
        return parent.resolve("undertaker");
    }

    private java.util.Dictionary<String, Object> properties() {
        var properties = new java.util.Hashtable<String, Object>();
        properties.put("service.ranking", settings.ranking());
        return properties;
    }

    /**
     * @param soon
     *            whether the reason is one of the first moments, when other bundles still start: not for the log
     */
    private void offerReason(String reason, boolean soon) {
        offered = context.registerService(AbsentHypervisor.class, new Absence(reason), null);
        if (soon) {
            LOG.debug(reason);
            return;
        }
        say("no hypervisor '" + AcrnHypervisor.NAME + "': " + reason);
    }

    private void say(String sentence) {
        if (!sentence.equals(said)) {
            said = sentence;
            LOG.info(sentence);
        }
    }

    private void withdraw() {
        ServiceRegistration<?> before = offered;
        offered = null;
        if (before != null) {
            before.unregister();
        }
    }

    private record Absence(String reason) implements AbsentHypervisor {
        @Override
        public String name() {
            return AcrnHypervisor.NAME;
        }
    }

    /** {@return why there is nobody who opens devices, for people} */
    static String withoutHost(String device, String system, Runnable restricted) {
        if (!system.equals("Linux")) {
            return "this is " + system + ", not Linux";
        }
        try {
            restricted.run();
            return "nobody is there to open " + device + ": the bundle host-linux is not active";
        } catch (IllegalCallerException denied) {
            return device + " cannot be opened: " + DENIED + "; start the JVM with "
                    + "--enable-native-access=ALL-UNNAMED, or from a jar whose manifest has Enable-Native-Access: "
                    + "ALL-UNNAMED";
        }
    }

    @SuppressWarnings("restricted")
    private static void callNative() {
        // SAFETY: no memory is touched: the segment has no bytes before and after.
        MemorySegment.NULL.reinterpret(0);
    }

    /** {@return why the device cannot be used, for people; empty when it can} */
    static String whyNot(Host host, String device) {
        Path path = Path.of(device);
        try (DeviceFile file = host.open(path)) {
            // a file without VM gives EINVAL for all but CREATE_VM (hsm.md 2.3); a device of another kind does not know
            // it
            long answer = file.ioctl(IoctlNumber.PAUSE_VM.number(), 0);
            return answer == -Errno.EINVAL.number()
                    ? ""
                    : device + " is not the device of ACRN's driver: another one has the path";
        } catch (HsmException refused) {
            return switch (refused.errno()) {
                case ENOENT -> device + " is not there: this machine does not run on ACRN as its Service VM, or the "
                        + "module acrn is not loaded";
                case EACCES, EPERM -> device + " may not be opened by this user: run as root, or give the user the "
                        + "right to read and write it";
                case EOPNOTSUPP -> "the host opens no devices: another version of host-linux is needed";
                default -> device + " cannot be opened: " + refused.getMessage();
            };
        }
    }
}
