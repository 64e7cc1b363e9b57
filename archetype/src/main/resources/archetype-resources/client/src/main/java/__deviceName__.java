package ${package};

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.cupule.hsm.ioreq.IoAccess;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.hsm.ioreq.IoRequestClient;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * A client of I/O requests to begin with: it holds one number for each VM, as a register that accesses of every size
 * read and write. The platform attaches it to the VMs that its settings name, those that are there and those to come.
 *
 * <p>
 * A client is no device: it has no saved state, no interrupt line and no clock. When a new build takes its place, the
 * number begins again.
 *
 * @threading any thread; a handler may be called by several vCPUs at once
 */
@Component(service = IoRequestClient.class, configurationPid = "${package}", property = IoRequestClient.NAME
        + "=${artifactId}")
@Designate(ocd = ${deviceName}.Settings.class)
public final class ${deviceName} implements IoRequestClient {
    /** Settings, by ConfigAdmin under the PID ${package}; they become properties of the service. */
    @ObjectClassDefinition(name = "${deviceName}", description = "Settings of the client ${artifactId}")
    public @interface Settings {
        /** {@return which VMs: their names, '*' stands for any characters} */
        @AttributeDefinition(name = "VMs", description = "Names of VMs; * stands for any characters")
        String[] cupule_vm() default "*";

        /** {@return what it answers} */
        @AttributeDefinition(name = "Ranges", description = "Ports or memory, for example: ports 0x300-0x303")
        String[] cupule_ranges() default "ports 0x300-0x303";

        /** {@return what the number is at first} */
        @AttributeDefinition(name = "First value", description = "What a VM reads before it has written, 0 to 2147483647", min = "0")
        int first() default 0;
    }

    private final ConcurrentMap<Integer, AtomicLong> values = new ConcurrentHashMap<>();
    private volatile int first;

    /** Made by the component runtime. */
    @Activate
    public ${deviceName}(Settings settings) {
        this(settings.first());
    }

    ${deviceName}(int first) {
        this.first = first;
    }

    /** New settings; VMs that are served keep their number. */
    @Modified
    void modified(Settings settings) {
        first = settings.first();
    }

    @Override
    public IoHandler attach(int vmid, String name) {
        var value = new AtomicLong(first);
        values.put(vmid, value);
        return access -> answer(access, value);
    }

    private static long answer(IoAccess access, AtomicLong value) {
        if (!access.write()) {
            return value.get();
        }
        value.set(access.value());
        return 0;
    }

    @Override
    public void detach(int vmid) {
        values.remove(vmid);
    }

    /** {@return the VMs that are served now, and their numbers} */
    ConcurrentMap<Integer, AtomicLong> values() {
        return values;
    }
}
