package org.cupule.hsm.impl.device;

import org.cupule.host.DescriptorTable;
import org.cupule.hsm.CallerMemory;
import org.cupule.hsm.HsmDevice;
import org.cupule.hsm.HsmHandle;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.types.Behaviour;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * The character device over the HSM. VMs belong to the HSM: they live on when this component goes, and their handles
 * with them.
 *
 * @threading any thread
 */
@Component(service = HsmDevice.class)
@Designate(ocd = IoctlDevice.Settings.class)
public final class IoctlDevice implements HsmDevice {
    private final HypervisorServiceModule hsm;
    private volatile VmWish wish;

    /** What the ioctls have no fields for. */
    @ObjectClassDefinition(name = "HSM character device")
    public @interface Settings {
        /** The hypervisor for new VMs. */
        @AttributeDefinition(description = "name of the hypervisor for VMs of the device; empty: the default one")
        String hypervisor() default "";

        /** Whose rules hold in new VMs. */
        @AttributeDefinition(description = "ACRN or X86: whose rules hold in VMs of the device")
        Behaviour behaviour() default Behaviour.ACRN;

        /** Who dispatches requests of new VMs. */
        @AttributeDefinition(description = "whether a thread of the HSM dispatches requests, instead of the vCPU's own")
        boolean queued_upcall() default false;
    }

    /** Made by the component runtime. */
    @Activate
    public IoctlDevice(@Reference HypervisorServiceModule hsm, Settings settings) {
        this.hsm = hsm;
        this.wish = VmWish.of(settings);
    }

    /** Makes one by hand, with the settings that hold when nothing is said. */
    public IoctlDevice(HypervisorServiceModule hsm) {
        this.hsm = hsm;
        this.wish = new VmWish("", Behaviour.ACRN, false);
    }

    /** New settings, for VMs made from now on. */
    @Modified
    public void modified(Settings settings) {
        wish = VmWish.of(settings);
    }

    @Override
    public HsmHandle open(CallerMemory memory, DescriptorTable descriptors) {
        return new OpenHandle(hsm, wish, new Caller(memory, descriptors));
    }
}
