/* Prints what <linux/acrn.h> fixes, in the form of `cupule abi`: a keyword and its values, with tabs between them.
   cc -o abi abi.c && ./abi */
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <linux/acrn.h>

#define IOCTL(name) printf("ioctl\t%s\t0x%08x\n", #name, (unsigned int)(name))
#define SIZE(type) printf("sizeof\t%s\t%zu\t%zu\n", #type, sizeof(struct type), _Alignof(struct type))
#define MEMBER(type, member) \
    printf("offset\t%s.%s\t%zu\t%zu\n", #type, #member, offsetof(struct type, member), \
           sizeof(((struct type *)0)->member))

int main(void)
{
    IOCTL(ACRN_IOCTL_CREATE_VM);
    IOCTL(ACRN_IOCTL_DESTROY_VM);
    IOCTL(ACRN_IOCTL_START_VM);
    IOCTL(ACRN_IOCTL_PAUSE_VM);
    IOCTL(ACRN_IOCTL_RESET_VM);
    IOCTL(ACRN_IOCTL_SET_VCPU_REGS);
    IOCTL(ACRN_IOCTL_INJECT_MSI);
    IOCTL(ACRN_IOCTL_VM_INTR_MONITOR);
    IOCTL(ACRN_IOCTL_SET_IRQLINE);
    IOCTL(ACRN_IOCTL_NOTIFY_REQUEST_FINISH);
    IOCTL(ACRN_IOCTL_CREATE_IOREQ_CLIENT);
    IOCTL(ACRN_IOCTL_ATTACH_IOREQ_CLIENT);
    IOCTL(ACRN_IOCTL_DESTROY_IOREQ_CLIENT);
    IOCTL(ACRN_IOCTL_CLEAR_VM_IOREQ);
    IOCTL(ACRN_IOCTL_SET_MEMSEG);
    IOCTL(ACRN_IOCTL_UNSET_MEMSEG);
    IOCTL(ACRN_IOCTL_SET_PTDEV_INTR);
    IOCTL(ACRN_IOCTL_RESET_PTDEV_INTR);
    IOCTL(ACRN_IOCTL_ASSIGN_PCIDEV);
    IOCTL(ACRN_IOCTL_DEASSIGN_PCIDEV);
    IOCTL(ACRN_IOCTL_ASSIGN_MMIODEV);
    IOCTL(ACRN_IOCTL_DEASSIGN_MMIODEV);
    IOCTL(ACRN_IOCTL_CREATE_VDEV);
    IOCTL(ACRN_IOCTL_DESTROY_VDEV);
    IOCTL(ACRN_IOCTL_PM_GET_CPU_STATE);
    IOCTL(ACRN_IOCTL_IOEVENTFD);
    IOCTL(ACRN_IOCTL_IRQFD);

    SIZE(acrn_mmio_request);
    MEMBER(acrn_mmio_request, direction);
    MEMBER(acrn_mmio_request, reserved);
    MEMBER(acrn_mmio_request, address);
    MEMBER(acrn_mmio_request, size);
    MEMBER(acrn_mmio_request, value);

    SIZE(acrn_pio_request);
    MEMBER(acrn_pio_request, direction);
    MEMBER(acrn_pio_request, reserved);
    MEMBER(acrn_pio_request, address);
    MEMBER(acrn_pio_request, size);
    MEMBER(acrn_pio_request, value);

    SIZE(acrn_pci_request);
    MEMBER(acrn_pci_request, direction);
    MEMBER(acrn_pci_request, reserved);
    MEMBER(acrn_pci_request, size);
    MEMBER(acrn_pci_request, value);
    MEMBER(acrn_pci_request, bus);
    MEMBER(acrn_pci_request, dev);
    MEMBER(acrn_pci_request, func);
    MEMBER(acrn_pci_request, reg);

    SIZE(acrn_io_request);
    MEMBER(acrn_io_request, type);
    MEMBER(acrn_io_request, completion_polling);
    MEMBER(acrn_io_request, reserved0);
    MEMBER(acrn_io_request, reqs);
    MEMBER(acrn_io_request, reqs.pio_request);
    MEMBER(acrn_io_request, reqs.pio_request.direction);
    MEMBER(acrn_io_request, reqs.pio_request.reserved);
    MEMBER(acrn_io_request, reqs.pio_request.address);
    MEMBER(acrn_io_request, reqs.pio_request.size);
    MEMBER(acrn_io_request, reqs.pio_request.value);
    MEMBER(acrn_io_request, reqs.pci_request);
    MEMBER(acrn_io_request, reqs.pci_request.direction);
    MEMBER(acrn_io_request, reqs.pci_request.reserved);
    MEMBER(acrn_io_request, reqs.pci_request.size);
    MEMBER(acrn_io_request, reqs.pci_request.value);
    MEMBER(acrn_io_request, reqs.pci_request.bus);
    MEMBER(acrn_io_request, reqs.pci_request.dev);
    MEMBER(acrn_io_request, reqs.pci_request.func);
    MEMBER(acrn_io_request, reqs.pci_request.reg);
    MEMBER(acrn_io_request, reqs.mmio_request);
    MEMBER(acrn_io_request, reqs.mmio_request.direction);
    MEMBER(acrn_io_request, reqs.mmio_request.reserved);
    MEMBER(acrn_io_request, reqs.mmio_request.address);
    MEMBER(acrn_io_request, reqs.mmio_request.size);
    MEMBER(acrn_io_request, reqs.mmio_request.value);
    MEMBER(acrn_io_request, reqs.data);
    MEMBER(acrn_io_request, reserved1);
    MEMBER(acrn_io_request, kernel_handled);
    MEMBER(acrn_io_request, processed);

    SIZE(acrn_io_request_buffer);
    MEMBER(acrn_io_request_buffer, req_slot);
    MEMBER(acrn_io_request_buffer, req_slot[0].type);
    MEMBER(acrn_io_request_buffer, req_slot[0].completion_polling);
    MEMBER(acrn_io_request_buffer, req_slot[0].reserved0);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.pio_request);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.pio_request.direction);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.pio_request.reserved);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.pio_request.address);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.pio_request.size);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.pio_request.value);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.pci_request);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.pci_request.direction);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.pci_request.reserved);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.pci_request.size);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.pci_request.value);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.pci_request.bus);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.pci_request.dev);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.pci_request.func);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.pci_request.reg);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.mmio_request);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.mmio_request.direction);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.mmio_request.reserved);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.mmio_request.address);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.mmio_request.size);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.mmio_request.value);
    MEMBER(acrn_io_request_buffer, req_slot[0].reqs.data);
    MEMBER(acrn_io_request_buffer, req_slot[0].reserved1);
    MEMBER(acrn_io_request_buffer, req_slot[0].kernel_handled);
    MEMBER(acrn_io_request_buffer, req_slot[0].processed);
    MEMBER(acrn_io_request_buffer, reserved);

    SIZE(acrn_ioreq_notify);
    MEMBER(acrn_ioreq_notify, vmid);
    MEMBER(acrn_ioreq_notify, reserved);
    MEMBER(acrn_ioreq_notify, vcpu);

    SIZE(acrn_vm_creation);
    MEMBER(acrn_vm_creation, vmid);
    MEMBER(acrn_vm_creation, reserved0);
    MEMBER(acrn_vm_creation, vcpu_num);
    MEMBER(acrn_vm_creation, reserved1);
    MEMBER(acrn_vm_creation, uuid);
    MEMBER(acrn_vm_creation, vm_flag);
    MEMBER(acrn_vm_creation, ioreq_buf);
    MEMBER(acrn_vm_creation, cpu_affinity);

    SIZE(acrn_gp_regs);
    MEMBER(acrn_gp_regs, rax);
    MEMBER(acrn_gp_regs, rcx);
    MEMBER(acrn_gp_regs, rdx);
    MEMBER(acrn_gp_regs, rbx);
    MEMBER(acrn_gp_regs, rsp);
    MEMBER(acrn_gp_regs, rbp);
    MEMBER(acrn_gp_regs, rsi);
    MEMBER(acrn_gp_regs, rdi);
    MEMBER(acrn_gp_regs, r8);
    MEMBER(acrn_gp_regs, r9);
    MEMBER(acrn_gp_regs, r10);
    MEMBER(acrn_gp_regs, r11);
    MEMBER(acrn_gp_regs, r12);
    MEMBER(acrn_gp_regs, r13);
    MEMBER(acrn_gp_regs, r14);
    MEMBER(acrn_gp_regs, r15);

    SIZE(acrn_descriptor_ptr);
    MEMBER(acrn_descriptor_ptr, limit);
    MEMBER(acrn_descriptor_ptr, base);
    MEMBER(acrn_descriptor_ptr, reserved);

    SIZE(acrn_regs);
    MEMBER(acrn_regs, gprs);
    MEMBER(acrn_regs, gprs.rax);
    MEMBER(acrn_regs, gprs.rcx);
    MEMBER(acrn_regs, gprs.rdx);
    MEMBER(acrn_regs, gprs.rbx);
    MEMBER(acrn_regs, gprs.rsp);
    MEMBER(acrn_regs, gprs.rbp);
    MEMBER(acrn_regs, gprs.rsi);
    MEMBER(acrn_regs, gprs.rdi);
    MEMBER(acrn_regs, gprs.r8);
    MEMBER(acrn_regs, gprs.r9);
    MEMBER(acrn_regs, gprs.r10);
    MEMBER(acrn_regs, gprs.r11);
    MEMBER(acrn_regs, gprs.r12);
    MEMBER(acrn_regs, gprs.r13);
    MEMBER(acrn_regs, gprs.r14);
    MEMBER(acrn_regs, gprs.r15);
    MEMBER(acrn_regs, gdt);
    MEMBER(acrn_regs, gdt.limit);
    MEMBER(acrn_regs, gdt.base);
    MEMBER(acrn_regs, gdt.reserved);
    MEMBER(acrn_regs, idt);
    MEMBER(acrn_regs, idt.limit);
    MEMBER(acrn_regs, idt.base);
    MEMBER(acrn_regs, idt.reserved);
    MEMBER(acrn_regs, rip);
    MEMBER(acrn_regs, cs_base);
    MEMBER(acrn_regs, cr0);
    MEMBER(acrn_regs, cr4);
    MEMBER(acrn_regs, cr3);
    MEMBER(acrn_regs, ia32_efer);
    MEMBER(acrn_regs, rflags);
    MEMBER(acrn_regs, reserved_64);
    MEMBER(acrn_regs, cs_ar);
    MEMBER(acrn_regs, cs_limit);
    MEMBER(acrn_regs, reserved_32);
    MEMBER(acrn_regs, cs_sel);
    MEMBER(acrn_regs, ss_sel);
    MEMBER(acrn_regs, ds_sel);
    MEMBER(acrn_regs, es_sel);
    MEMBER(acrn_regs, fs_sel);
    MEMBER(acrn_regs, gs_sel);
    MEMBER(acrn_regs, ldt_sel);
    MEMBER(acrn_regs, tr_sel);

    SIZE(acrn_vcpu_regs);
    MEMBER(acrn_vcpu_regs, vcpu_id);
    MEMBER(acrn_vcpu_regs, reserved);
    MEMBER(acrn_vcpu_regs, vcpu_regs);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs.rax);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs.rcx);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs.rdx);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs.rbx);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs.rsp);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs.rbp);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs.rsi);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs.rdi);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs.r8);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs.r9);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs.r10);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs.r11);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs.r12);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs.r13);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs.r14);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gprs.r15);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gdt);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gdt.limit);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gdt.base);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gdt.reserved);
    MEMBER(acrn_vcpu_regs, vcpu_regs.idt);
    MEMBER(acrn_vcpu_regs, vcpu_regs.idt.limit);
    MEMBER(acrn_vcpu_regs, vcpu_regs.idt.base);
    MEMBER(acrn_vcpu_regs, vcpu_regs.idt.reserved);
    MEMBER(acrn_vcpu_regs, vcpu_regs.rip);
    MEMBER(acrn_vcpu_regs, vcpu_regs.cs_base);
    MEMBER(acrn_vcpu_regs, vcpu_regs.cr0);
    MEMBER(acrn_vcpu_regs, vcpu_regs.cr4);
    MEMBER(acrn_vcpu_regs, vcpu_regs.cr3);
    MEMBER(acrn_vcpu_regs, vcpu_regs.ia32_efer);
    MEMBER(acrn_vcpu_regs, vcpu_regs.rflags);
    MEMBER(acrn_vcpu_regs, vcpu_regs.reserved_64);
    MEMBER(acrn_vcpu_regs, vcpu_regs.cs_ar);
    MEMBER(acrn_vcpu_regs, vcpu_regs.cs_limit);
    MEMBER(acrn_vcpu_regs, vcpu_regs.reserved_32);
    MEMBER(acrn_vcpu_regs, vcpu_regs.cs_sel);
    MEMBER(acrn_vcpu_regs, vcpu_regs.ss_sel);
    MEMBER(acrn_vcpu_regs, vcpu_regs.ds_sel);
    MEMBER(acrn_vcpu_regs, vcpu_regs.es_sel);
    MEMBER(acrn_vcpu_regs, vcpu_regs.fs_sel);
    MEMBER(acrn_vcpu_regs, vcpu_regs.gs_sel);
    MEMBER(acrn_vcpu_regs, vcpu_regs.ldt_sel);
    MEMBER(acrn_vcpu_regs, vcpu_regs.tr_sel);

    SIZE(acrn_vm_memmap);
    MEMBER(acrn_vm_memmap, type);
    MEMBER(acrn_vm_memmap, attr);
    MEMBER(acrn_vm_memmap, user_vm_pa);
    MEMBER(acrn_vm_memmap, service_vm_pa);
    MEMBER(acrn_vm_memmap, vma_base);
    MEMBER(acrn_vm_memmap, len);

    SIZE(acrn_ptdev_irq);
    MEMBER(acrn_ptdev_irq, type);
    MEMBER(acrn_ptdev_irq, virt_bdf);
    MEMBER(acrn_ptdev_irq, phys_bdf);
    MEMBER(acrn_ptdev_irq, intx);
    MEMBER(acrn_ptdev_irq, intx.virt_pin);
    MEMBER(acrn_ptdev_irq, intx.phys_pin);
    MEMBER(acrn_ptdev_irq, intx.is_pic_pin);

    SIZE(acrn_pcidev);
    MEMBER(acrn_pcidev, type);
    MEMBER(acrn_pcidev, virt_bdf);
    MEMBER(acrn_pcidev, phys_bdf);
    MEMBER(acrn_pcidev, intr_line);
    MEMBER(acrn_pcidev, intr_pin);
    MEMBER(acrn_pcidev, bar);

    SIZE(acrn_mmiodev);
    MEMBER(acrn_mmiodev, name);
    MEMBER(acrn_mmiodev, res);
    MEMBER(acrn_mmiodev, res[0].user_vm_pa);
    MEMBER(acrn_mmiodev, res[0].service_vm_pa);
    MEMBER(acrn_mmiodev, res[0].size);
    MEMBER(acrn_mmiodev, res[0].mem_type);

    SIZE(acrn_vdev);
    MEMBER(acrn_vdev, id);
    MEMBER(acrn_vdev, id.value);
    MEMBER(acrn_vdev, id.fields);
    MEMBER(acrn_vdev, id.fields.vendor);
    MEMBER(acrn_vdev, id.fields.device);
    MEMBER(acrn_vdev, id.fields.legacy_id);
    MEMBER(acrn_vdev, slot);
    MEMBER(acrn_vdev, io_addr);
    MEMBER(acrn_vdev, io_size);
    MEMBER(acrn_vdev, args);

    SIZE(acrn_msi_entry);
    MEMBER(acrn_msi_entry, msi_addr);
    MEMBER(acrn_msi_entry, msi_data);

    SIZE(acrn_acpi_generic_address);
    MEMBER(acrn_acpi_generic_address, space_id);
    MEMBER(acrn_acpi_generic_address, bit_width);
    MEMBER(acrn_acpi_generic_address, bit_offset);
    MEMBER(acrn_acpi_generic_address, access_size);
    MEMBER(acrn_acpi_generic_address, address);

    SIZE(acrn_cstate_data);
    MEMBER(acrn_cstate_data, cx_reg);
    MEMBER(acrn_cstate_data, cx_reg.space_id);
    MEMBER(acrn_cstate_data, cx_reg.bit_width);
    MEMBER(acrn_cstate_data, cx_reg.bit_offset);
    MEMBER(acrn_cstate_data, cx_reg.access_size);
    MEMBER(acrn_cstate_data, cx_reg.address);
    MEMBER(acrn_cstate_data, type);
    MEMBER(acrn_cstate_data, latency);
    MEMBER(acrn_cstate_data, power);

    SIZE(acrn_pstate_data);
    MEMBER(acrn_pstate_data, core_frequency);
    MEMBER(acrn_pstate_data, power);
    MEMBER(acrn_pstate_data, transition_latency);
    MEMBER(acrn_pstate_data, bus_master_latency);
    MEMBER(acrn_pstate_data, control);
    MEMBER(acrn_pstate_data, status);

    SIZE(acrn_ioeventfd);
    MEMBER(acrn_ioeventfd, fd);
    MEMBER(acrn_ioeventfd, flags);
    MEMBER(acrn_ioeventfd, addr);
    MEMBER(acrn_ioeventfd, len);
    MEMBER(acrn_ioeventfd, reserved);
    MEMBER(acrn_ioeventfd, data);

    SIZE(acrn_irqfd);
    MEMBER(acrn_irqfd, fd);
    MEMBER(acrn_irqfd, flags);
    MEMBER(acrn_irqfd, msi);
    MEMBER(acrn_irqfd, msi.msi_addr);
    MEMBER(acrn_irqfd, msi.msi_data);
    return 0;
}
