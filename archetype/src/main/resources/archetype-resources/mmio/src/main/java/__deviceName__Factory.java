package ${package};

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.LineSpec;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * Makes the devices. The platform finds it as an OSGi service.
 *
 * @threading any thread
 */
@OffersModel(kind = "${package}", name = "${artifactId}", version = "1.0.0")
@Component(service = DeviceFactory.class, configurationPid = "${package}")
@Designate(ocd = ${deviceName}Factory.Settings.class)
public final class ${deviceName}Factory implements DeviceFactory {
    static final ModelInfo INFO = new ModelInfo("${package}", "${artifactId}", "1.0.0", "A device to begin with");
    /** The address and IRQ 5 are where nothing of a PC is; a VM file may say others. */
    private static final DeviceSpec SPEC = DeviceSpec
            .of(Window.memory("registers", ${deviceName}.WINDOW_BYTES, 0xFEDC_0000L)).with(new LineSpec("irq", 5));

    /** Settings for all devices of this plug-in, by ConfigAdmin under the PID ${package}. */
    @ObjectClassDefinition(name = "${deviceName}", description = "Settings of the device ${artifactId}")
    public @interface Settings {
        /** {@return what VALUE holds after power-on} */
        @AttributeDefinition(name = "First value", description = "What VALUE holds after power-on, 0 to 2147483647", min = "0", max = "2147483647")
        int first() default 0;
    }

    private volatile int first;

    /** Made by the component runtime. */
    @Activate
    public ${deviceName}Factory(Settings settings) {
        this(settings.first());
    }

    ${deviceName}Factory(int first) {
        this.first = first;
    }

    /** New settings; devices that are there see them at their next reset. */
    @Modified
    void modified(Settings settings) {
        first = settings.first();
    }

    @Override
    public ModelInfo info() {
        return INFO;
    }

    @Override
    public StateSchema schema() {
        return ${deviceName}.SCHEMA;
    }

    @Override
    public DeviceSpec spec() {
        return SPEC;
    }

    @Override
    public Device create(DeviceContext context) {
        return new ${deviceName}(context, () -> first);
    }
}
